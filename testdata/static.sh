#!/usr/bin/env bash
# Builds seal as one static program, as it goes into container images: target/static/seal. What tests need takes seconds
# more than the usual build, as only the linking differs; `--release` makes the program that is shipped.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=target/debug
[ "${1:-}" != --release ] || folder=target/release
mkdir -p target/static
cargo rustc --locked "$@" --bin seal -- -C target-feature=+crt-static -C strip=symbols
cp "$folder/seal" target/static/seal.new
mv target/static/seal.new target/static/seal
if readelf -d target/static/seal | grep -q NEEDED; then
    echo "static.sh: target/static/seal needs shared libraries" >&2
    exit 1
fi
