#!/usr/bin/env python3
"""Times seal against the real sops on the same files, in turns, and prints a table.

    benches/compare.py [--runs N] [--sizes 20,10000,100000] [--seal PATH] [--sops PATH] [--json FILE]

Builds the release binary and fetches sops if no paths are given. Shown are medians of the wall time of a
whole process and the largest resident set of its runs. The first line is a process that does nothing:
what starting costs here.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPIENT = (ROOT / "keys.example/recipient.txt").read_text().strip()
WORDS = "alpha bravo charlie delta echo foxtrot golf hotel india juliet".split()


def values(count):
    """`count` values of the kinds that settings have, the same on every run."""
    dice = random.Random(1)
    for number in range(count):
        yield number, dice.choice([
            lambda: " ".join(dice.choices(WORDS, k=3)),
            lambda: f"https://{dice.choice(WORDS)}.example.org/{dice.randrange(10**6)}",
            lambda: "%032x" % dice.getrandbits(128),
            lambda: dice.randrange(65536),
            lambda: dice.random() < 0.5,
        ])()


def as_yaml(count):
    lines = []
    for number, value in values(count):
        if number % 10 == 0:
            lines += [f"# section {number // 10}", f"section{number // 10}:"]
        lines.append(f"    key{number}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def as_json(count):
    tree = {}
    for number, value in values(count):
        tree.setdefault(f"section{number // 10}", {})[f"key{number}"] = value
    return json.dumps(tree, indent=2) + "\n"


def as_env(count):
    return "".join(f"KEY_{number}={value}\n" for number, value in values(count))


def run(command, output):
    """Wall time in seconds and peak resident set in KiB of one run."""
    actions = [(os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    took = time.perf_counter() - start
    if status:
        sys.exit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
    return took, usage.ru_maxrss


def in_turns(commands, runs, budget):
    """Runs the commands in turns, up to `runs` times each or until `budget` seconds are gone."""
    results = [[] for _ in commands]
    start = time.perf_counter()
    for number in range(runs):
        for command, result in zip(commands, results):
            result.append(run(command, "/dev/null"))
        if number and time.perf_counter() - start > budget:
            break
    return [(statistics.median(t for t, _ in r), max(m for _, m in r), len(r)) for r in results]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=51, help="runs of each command at most")
    parser.add_argument("--budget", type=float, default=30, help="seconds for each line of the table")
    parser.add_argument("--sizes", default="20,10000,100000", help="numbers of values")
    parser.add_argument("--seal", help="the program; built in release mode otherwise")
    parser.add_argument("--sops", help="the real sops; fetched otherwise")
    parser.add_argument("--json", help="write the numbers to this file too")
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

    rows = []
    [(empty, _, _)] = in_turns([["/bin/true"]], arguments.runs, arguments.budget)
    print(f"an empty process: {empty * 1000:.2f} ms\n")
    print("| values | format | command | seal | sops | times faster | seal MiB | sops MiB | runs |")
    print("| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for size in map(int, arguments.sizes.split(",")):
            for kind, make in (("yaml", as_yaml), ("json", as_json), ("env", as_env)):
                plain, locked = f"plain.{kind}", f"locked.{kind}"
                Path(plain).write_text(make(size))
                run([sops, "encrypt", "--age", RECIPIENT, plain], locked)
                for verb, flags, file in (("encrypt", ["--age", RECIPIENT], plain), ("decrypt", [], locked)):
                    quiet = ["--quiet"] if verb == "decrypt" else []
                    ours = [seal, verb, *flags, *quiet, file]
                    theirs = [sops, verb, *flags, file]
                    (a, memory_a, runs), (b, memory_b, _) = in_turns(
                        [ours, theirs], arguments.runs, arguments.budget
                    )
                    print(
                        f"| {size} | {kind} | {verb} | {a * 1000:.1f} ms | {b * 1000:.1f} ms "
                        f"| {b / a:.1f} | {memory_a / 1024:.1f} | {memory_b / 1024:.1f} | {runs} |",
                        flush=True,
                    )
                    rows.append({"values": size, "format": kind, "command": verb, "runs": runs,
                                 "seal_seconds": a, "sops_seconds": b,
                                 "seal_kib": memory_a, "sops_kib": memory_b})
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"empty_seconds": empty, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
