#!/usr/bin/env bash
# Fetches readers of dotenv files, to compare with, into target/peers/dotenv: python-dotenv for Python and
# dotenv for Node. Does nothing if they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

python_version=1.2.1
node_version=17.4.2
target=target/peers/dotenv
versions="python $python_version, node $node_version"

if [ "$(cat "$target/versions" 2>/dev/null)" = "$versions" ]; then
    exit 0
fi
rm -rf "$target"
mkdir -p "$target/fetched" "$target/python" "$target/node"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$target/fetched" \
    "python-dotenv==$python_version"
python3 -m zipfile -e "$target/fetched/python_dotenv-$python_version-"*.whl "$target/python"
npm pack --silent --pack-destination "$target/fetched" "dotenv@$node_version" > /dev/null
tar -xzf "$target/fetched/dotenv-$node_version.tgz" -C "$target/node"
rm -r "$target/fetched"
echo "$versions" > "$target/versions"
echo "readers of dotenv files are in $target"
