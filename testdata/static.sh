#!/usr/bin/env bash
# Builds seal as one static program, as it goes into container images: target/static/seal.
#
#   testdata/static.sh --release   the program that is shipped
#   testdata/static.sh --small     target/static/seal-small: get, decrypt, run and mount alone
#   testdata/static.sh --glibc     as --release, on glibc
#   testdata/static.sh             one for tests, seconds after the usual build: only the linking differs
#
# What is shipped stands on musl: its start asks the processor nothing, where that of glibc asks it dozens of questions,
# each of which a virtual machine has to be left for. They take as long as a small file does.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p target/static
program=seal
linking=(-C strip=symbols)
target=$(uname -m)-unknown-linux-musl
case ${1:-} in
    '') profile=debug how=() ;;
    --release) profile=release how=(--release) ;;
    --glibc) profile=release how=(--release) target=none ;;
    --small) profile=small how=(--profile small --no-default-features --features small) program=seal-small ;;
    *) echo "static.sh: there is no $1" >&2; exit 2 ;;
esac
folder=target/$profile
if [ "$profile" = debug ]; then
    linking+=(-C target-feature=+crt-static)
elif [ "$target" != none ] && { [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ] || rustup target add "$target"; }; then
    folder=target/$target/$profile
    # For the few bytes of a wrapped key the processor is not asked what it can do.
    flags="target.$target.rustflags=['--cfg', 'chacha20_force_soft', '--cfg', 'poly1305_force_soft']"
    how+=(--target "$target" --config "$flags")
    # Ten kilobytes of relocations in the place of six hundred.
    linking+=(-C link-arg=-Wl,-z,pack-relative-relocs)
    if [ "$(uname -m)" = x86_64 ]; then
        cc -O2 -ffreestanding -fno-builtin -fno-tree-loop-distribute-patterns -fno-stack-protector -fPIC \
            -Wall -Wextra -Werror -c src/musl/memory.c -o target/static/memory.o
        rm -f target/static/libmemory.a
        ar rcs target/static/libmemory.a target/static/memory.o
        linking+=(-L native=target/static -l static=memory)
    fi
else
    echo "static.sh: on glibc: the program starts more slowly" >&2
    linking+=(-C target-feature=+crt-static)
fi
cargo rustc --locked "${how[@]}" --bin "$program" -- "${linking[@]}"
cp "$folder/$program" "target/static/$program.new"
if ! "target/static/$program.new" --version > /dev/null; then
    # Packed relocations are known to musl from 1.2.4 on, which toolchains have that are not old.
    echo "static.sh: the program does not start; is the toolchain older than Rust 1.93?" >&2
    exit 1
fi
mv "target/static/$program.new" "target/static/$program"
if readelf -d "target/static/$program" | grep -q NEEDED; then
    echo "static.sh: target/static/$program needs shared libraries" >&2
    exit 1
fi
