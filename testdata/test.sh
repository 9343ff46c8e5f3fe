#!/usr/bin/env bash
# Fetches what the tests compare with (the real sops, age, a corpus of real files, schemas, readers of dotenv files,
# programs that call sops, pre-commit), and runs all tests, with a Docker engine of their own if root runs this and
# dockerd is there. Arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

need() {
    command -v "$1" > /dev/null || { echo "the tests need $1: install $2" >&2; exit 1; }
}
need cargo "Rust, from https://rustup.rs"
need python3 "python3 and python3-pip"
need npm "nodejs and npm"
need node nodejs
need age "age (apt-get install age, brew install age)"
# What seal edit is watched with, and editors that it starts.
for program in strace vim nano; do
    need "$program" "$program (apt-get install $program)"
done
need unshare util-linux
need gpg "gnupg (apt-get install gnupg, brew install gnupg)"

testdata/get-sops.sh
testdata/get-corpus.sh
testdata/get-dotenv.sh
testdata/get-ci.sh
[ "$(uname)" = Linux ] || exec cargo test --locked "$@"

testdata/get-schemas.sh
testdata/get-clients.sh
[ -n "${SEAL_TEST_STATIC:-}" ] || testdata/static.sh
if [ "$(id -u)" = 0 ] && command -v dockerd > /dev/null; then
    exec testdata/docker.sh cargo test --locked "$@"
elif [ "$(id -u)" = 0 ] && docker version > /dev/null 2>&1; then
    exec cargo test --locked "$@"
elif [ "${SEAL_REQUIRE_DOCKER:-}" = 1 ] || [ "${CI:-}" = true ]; then
    echo "test.sh: the tests need Docker: install docker.io, docker-compose and busybox-static, and run this as root" >&2
    exit 1
fi
cargo test --locked "$@"
printf '\nTests with containers were LEFT OUT: install docker.io, docker-compose and busybox-static, and run this as root.\n'
