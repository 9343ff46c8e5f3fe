#!/usr/bin/env bash
# Builds rops, to measure against, into target/peers/rops. Takes minutes; does nothing if it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.1.7
rops=target/peers/rops

if [ -x "$rops" ] && [ "$("$rops" --version 2>/dev/null)" = "rops $version" ]; then
    exit 0
fi
root=target/peers/rops.root
cargo install --quiet --locked --root "$root" --target-dir "$root/target" rops-cli --version "$version"
mv "$root/bin/rops" "$rops"
rm -r "$root"
echo "rops $version is in $rops"
