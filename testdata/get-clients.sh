#!/usr/bin/env bash
# Fetches programs that call sops, to run them with seal in its place, into target/peers/clients. Does nothing if they
# are there.
set -euo pipefail
cd "$(dirname "$0")/.."

clients=target/peers/clients
wanted=$(cat testdata/get-clients.sh testdata/clients/requirements.txt | sha256sum)
if [ "$(cat "$clients/wanted" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
rm -rf "$clients"
mkdir -p "$clients/python" "$clients/npm"

# Python packages, with all that they need, in exact versions.
python3 -m pip install --quiet --disable-pip-version-check --no-deps --no-warn-conflicts --root-user-action=ignore \
    --target "$clients/python" --requirement testdata/clients/requirements.txt

# Of Ansible's bundle of collections only the one for sops.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$clients/wheel" ansible==12.3.0
python3 - "$clients"/wheel/ansible-*.whl "$clients/collections" <<'PY'
import sys, zipfile
wheel, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith("ansible_collections/community/sops/"):
            archive.extract(name, target)
PY
rm -r "$clients/wheel"

npm install --silent --no-audit --no-fund --prefix "$clients/npm" sops-wrapper@1.0.0

echo "$wanted" > "$clients/wanted"
echo "programs that call sops are in $clients"
