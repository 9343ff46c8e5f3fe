#!/usr/bin/env bash
# Builds seal and shows the main job: the sample files of testdata/demo are encrypted and decrypted again.
# Nothing outside a temporary folder and target/ is changed.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n%s\n' "$*"; }

command -v cargo > /dev/null || { echo "needs Rust: https://rustup.rs" >&2; exit 1; }
if ! command -v cc > /dev/null || ! command -v diff > /dev/null; then
    if command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends gcc libc6-dev diffutils > /dev/null
    else
        echo "needs a C linker and diff: install gcc and diffutils" >&2
        exit 1
    fi
fi

say "Building seal (the first time takes a few minutes)"
cargo build --locked
seal=$PWD/target/debug/seal
samples=$PWD/testdata/demo
export SOPS_AGE_KEY_FILE=$PWD/keys.example/identity.txt

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cp "$samples"/config.yaml "$samples"/config.json "$samples"/app.env "$samples"/.sops.yaml "$work"
cd "$work"

say "1. Encrypt three files in place; .sops.yaml says for whom, and which values"
echo "\$ seal encrypt -i config.yaml config.json app.env"
"$seal" encrypt -i config.yaml config.json app.env

for file in config.yaml config.json app.env; do
    say "2. What changed in $file (long lines cut; the metadata at the end left out)"
    diff -U0 "$samples/$file" "$file" | grep -v '^@@\|^---\|^+++' | sed '/^+ *"\{0,1\}sops/,$d' | cut -c 1-100 || true
done

say "3. Read one value"
echo "\$ seal get config.yaml database.password"
"$seal" get config.yaml database.password

say "4. Without the identity nobody reads anything"
echo "\$ env -u SOPS_AGE_KEY_FILE seal decrypt app.env"
env -u SOPS_AGE_KEY_FILE HOME="$work" XDG_CONFIG_HOME="$work" "$seal" decrypt app.env && exit 1

say "5. Decrypt, and compare with the originals byte by byte"
echo "\$ seal decrypt -i config.yaml config.json app.env"
"$seal" decrypt -i config.yaml config.json app.env
for file in config.yaml config.json app.env; do
    cmp "$samples/$file" "$file"
    echo "$file: identical, $(wc -c < "$file") bytes"
done

say "Done. The program is $seal"
