#!/usr/bin/env python3
"""Times seal over a tree of small files against a shell loop over the real sops, in turns.

    benches/trees.py [--files N] [--runs N] [--seal PATH] [--sops PATH]

Builds the release binary and fetches sops if no paths are given. Shown are medians of the wall time.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST = (ROOT / "keys.example/recipient.txt").read_text().strip()


def timed(command):
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    took = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{command}: exit {done.returncode}\n{done.stderr.decode()}")
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seal", help="the program; built in release mode otherwise")
    parser.add_argument("--sops", help="the real sops; fetched otherwise")
    arguments = parser.parse_args()
    if not arguments.seal:
        subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT, check=True)
        arguments.seal = ROOT / "target/release/seal"
    if not arguments.sops:
        subprocess.run([ROOT / "testdata/get-sops.sh"], check=True)
        arguments.sops = ROOT / "target/peers/sops"
    seal, sops = (str(Path(program).resolve()) for program in (arguments.seal, arguments.sops))
    os.environ["SOPS_AGE_KEY_FILE"] = str(ROOT / "keys.example/identity.txt")
    os.environ["SOPS_DISABLE_VERSION_CHECK"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        subprocess.run([seal, "keygen", "-o", "second.txt"], check=True, capture_output=True)
        second = subprocess.run([seal, "keygen", "-y", "second.txt"], check=True, capture_output=True)
        second = second.stdout.decode().strip()
        rule = Path(".sops.yaml")
        rule.write_text(f"creation_rules:\n  - age: {FIRST}\n")
        files = [f"tree/{number % 20}/{number}.yaml" for number in range(arguments.files)]
        for number, name in enumerate(files):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            lines = [f"key{n}: value {number} {n}" for n in range(20)]
            Path(name).write_text("# settings\n" + "\n".join(lines) + "\n")
        # Files of sops, so that both have the same to do.
        for name in files:
            subprocess.run([sops, "encrypt", "-i", name], check=True)
        shutil.copytree("tree", "old")
        old = {name: Path(name).read_bytes() for name in files}
        rule.write_text(f"creation_rules:\n  - age: {FIRST},{second}\n")
        loop = 'for file in tree/*/*.yaml; do "$@" "$file" || exit; done'
        rows = [
            ("updatekeys", [seal, "updatekeys", "-y", "tree"], [sops, "updatekeys", "-y"]),
            ("rotate", [seal, "rotate", "-i", "tree"], [sops, "rotate", "-i"]),
        ]
        print(f"{arguments.files} files of 20 values\n")
        print("| command | seal | a loop over sops | times faster | runs |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for verb, ours, theirs in rows:
            times = ([], [])
            for _ in range(arguments.runs):
                for command, taken in zip((ours, ["sh", "-c", loop, "sh", *theirs]), times):
                    shutil.rmtree("tree")
                    shutil.copytree("old", "tree")
                    if verb == "rotate":
                        rule.write_text(f"creation_rules:\n  - age: {FIRST}\n")
                    os.sync()
                    taken.append(timed(command))
                    same = [name for name in files if Path(name).read_bytes() == old[name]]
                    if same:
                        sys.exit(f"{command}: {len(same)} files did not change, {same[0]} for one")
            a, b = (statistics.median(taken) for taken in times)
            print(f"| {verb} | {a * 1000:.0f} ms | {b * 1000:.0f} ms | {b / a:.1f} | {arguments.runs} |", flush=True)


if __name__ == "__main__":
    main()
