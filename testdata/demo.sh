#!/usr/bin/env bash
# Builds seal and shows the main jobs on the sample files of testdata/demo: encrypting and decrypting, a day's edits, and
# who can read what. Ends with another code than 0 if anything is not as it should be.
# Nothing outside a temporary folder and target/ is changed.
set -euo pipefail
cd "$(dirname "$0")/.."

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fail() { printf 'demo.sh: %s\n' "$*" >&2; exit 1; }

command -v cargo > /dev/null || fail "needs Rust: https://rustup.rs"
if ! command -v cc > /dev/null || ! command -v diff > /dev/null || ! command -v git > /dev/null; then
    if command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends gcc libc6-dev diffutils git > /dev/null
    else
        fail "needs a C linker, diff and git: install gcc, diffutils and git"
    fi
fi

say "Building seal (the first time takes a few minutes)"
cargo build --locked
bin=$PWD/target/debug
samples=$PWD/testdata/demo
example=$PWD/keys.example/identity.txt

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mkdir "$work/shop" "$work/keys"
cp "$samples"/config.yaml "$samples"/config.json "$samples"/app.env "$samples"/.sops.yaml "$work/shop"
cd "$work/shop"
identity=$example
# Neither settings nor identities of the person who runs this take part.
seal() {
    env -i "PATH=$bin:$PATH" "HOME=$work" "TERM=${TERM:-dumb}" "SOPS_AGE_KEY_FILE=$identity" seal "$@"
}
# Shows a command, and runs it.
run() {
    local word
    printf '$'
    for word; do
        case $word in *' '* | *'['*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
    done
    printf '\n'
    "$@"
}
# As run, for a command that has to end with exit code $1.
refused() {
    local code=0 expected=$1
    shift
    run "$@" || code=$?
    [ "$code" = "$expected" ] || fail "exit code $code in the place of $expected"
}
# Fails unless file $1 holds the text $2.
holds() { grep -qF -- "$2" "$1" || fail "$1 does not hold: $2"; }

say "1. Encrypt three files in place; .sops.yaml says for whom, and which values"
run seal encrypt -i config.yaml config.json app.env
for file in config.yaml config.json app.env; do
    say "   What changed in $file (long lines cut; the metadata at the end left out)"
    diff -U0 "$samples/$file" "$file" | grep -v '^@@\|^---\|^+++' | sed '/^+ *"\{0,1\}sops/,$d' | cut -c 1-100 || true
done

say "2. Without the identity nobody reads anything"
identity=$work/keys/none.txt
refused 128 seal decrypt app.env
identity=$example

say "3. Decrypt, and compare with the originals byte by byte"
for file in config.yaml config.json app.env; do
    seal decrypt "$file" | cmp - "$samples/$file"
    echo "$file: identical, $(wc -c < "$samples/$file") bytes"
done

say "4. Change a value, by command and in an editor (here: sed); what stays keeps its ciphertext"
cp config.yaml before.yaml
run seal set config.yaml database.password correct-horse
run seal edit --editor 'sed -i s/fake_live_51Hz/fake_live_62Kz/' config.yaml
diff before.yaml config.yaml > "$work/changes" || true
grep '^[<>]' "$work/changes" | cut -c 1-72
changed=$(grep -c '^> .*ENC\[.*type:str\]' "$work/changes" || true)
[ "$changed" = 4 ] || fail "$changed lines with ciphertext in the place of 4: two values, MAC and strict record"
run seal get config.yaml database.password > "$work/value"
cat "$work/value"; echo
holds "$work/value" correct-horse
rm before.yaml

say "5. Names for keys; bob may read, and what he could read is listed when he goes"
seal keygen -o "$work/keys/bob.txt" 2> /dev/null
bob=$(seal keygen -y "$work/keys/bob.txt")
printf 'seal:\n  recipients:\n    ada: %s\n' "$(seal keygen -y "$example")" >> .sops.yaml
git init -q .
git add -A
git -c user.name=demo -c user.email=demo@example.org commit -qm 'Encrypted'
run seal grant -y bob --key "$bob" app.env
git -c user.name=demo -c user.email=demo@example.org commit -qam 'Bob reads app.env'
run seal access
identity=$work/keys/bob.txt
seal decrypt app.env | cmp - "$samples/app.env"
identity=$example
run seal revoke -y bob
identity=$work/keys/bob.txt
refused 128 seal decrypt app.env
identity=$example
run seal who app.env

say "6. Another rule, new data keys, and a look at everything without any key"
seal keygen -o "$work/keys/ci.txt" 2> /dev/null
ci=$(seal keygen -y "$work/keys/ci.txt")
sed -i "s/vesfklrlx #/vesfklrlx,$ci #/" .sops.yaml
run seal updatekeys -y .
run seal rotate -i config.yaml config.json
cp "$samples/app.env" plain.env
git add -A
refused 1 seal check
rm plain.env
git add -A
run seal check

say "7. A container's start: secrets in memory, then the app; nothing is left when it ends"
if [ -d /dev/shm ] && [ "$(stat -f -c %T /dev/shm)" = tmpfs ]; then
    memory=/dev/shm/seal-demo-$$
    trap 'rm -rf "$work" "$memory"' EXIT
    run seal run --supervise --audit none --into "$memory" --secret source=database.password,target=password config.yaml \
        -- sh -c 'ls "$0"; cat "$0/password"; echo' "$memory"
    [ -z "$(ls -A "$memory")" ] || fail "secrets are left in $memory"
    # Not in memory: refused.
    refused 73 seal run --audit none --into "$work/shop" config.yaml -- true
else
    echo "left out: /dev/shm is not in memory here"
fi

say "8. Called as sops: its command line, for scripts that have it"
mkdir "$work/bin"
ln -s "$bin/seal" "$work/bin/sops"
sops() {
    env -i "PATH=$PATH" "HOME=$work" "SOPS_AGE_KEY_FILE=$identity" "$work/bin/sops" "$@"
}
run sops -d --extract '["database"]["password"]' config.yaml > "$work/value"
cat "$work/value"; echo
holds "$work/value" correct-horse
run sops exec-file app.env 'grep -c = {}'

say "9. And back"
run seal decrypt -i config.json app.env
cmp "$samples/config.json" config.json
cmp "$samples/app.env" app.env
echo "config.json, app.env: identical"

say "Done. The program is $bin/seal"
