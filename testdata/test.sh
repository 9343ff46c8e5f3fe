#!/usr/bin/env bash
# Fetches what the tests compare with (the real sops, age, and a corpus of real files), and runs all tests.
# Arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

need() {
    command -v "$1" > /dev/null || { echo "the tests need $1: install $2" >&2; exit 1; }
}
need cargo "Rust, from https://rustup.rs"
need python3 "python3 and python3-pip"
need npm "nodejs and npm"
need age "age (apt-get install age, brew install age)"
# What seal edit is watched with, and editors that it starts.
for program in strace vim nano; do
    need "$program" "$program (apt-get install $program)"
done
need unshare util-linux

testdata/get-sops.sh
testdata/get-corpus.sh
exec cargo test --locked "$@"
