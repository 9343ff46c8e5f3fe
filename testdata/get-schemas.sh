#!/usr/bin/env bash
# Fetches the published schemas of Kubernetes, with a program that compares manifests with them, into target/peers/kubernetes.
# Does nothing if they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.37.0
target=target/peers/kubernetes

if [ "$(cat "$target/version" 2> /dev/null)" = "$version" ]; then
    exit 0
fi
rm -rf "$target"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$target" "kubernetes-validate==$version"
# Of 12 versions of Kubernetes, the newest is enough.
schemas=$target/kubernetes_validate/kubernetes-json-schema
newest=$(ls "$schemas" | sort --version-sort | tail -n 1)
find "$schemas" -mindepth 1 -maxdepth 1 ! -name "$newest" -exec rm -r {} +
echo "$version" > "$target/version"
echo "the schemas of Kubernetes ${newest%-local-strict} are in $target"
