#!/usr/bin/env python3
"""Times `seal run` against the real sops and against no such program at all, in turns, and prints tables.

    benches/containers.py [--runs N] [--seal PATH] [--sops PATH] [--json FILE]

Builds the static release binary and fetches sops if no paths are given. Shown are medians of the wall time of a
whole process that ends with `true`, what each adds to `true` alone, and the largest resident set of three runs by
GNU `time`: the numbers of a child of this script would begin with the size of Python. The folder for the secrets
is on /dev/shm.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPIENT = (ROOT / "keys.example/recipient.txt").read_text().strip()
TRUE = "/bin/true"


def as_yaml(count):
    """`count` values in sections of ten."""
    lines = []
    for number in range(count):
        if number % 10 == 0:
            lines.append(f"section{number // 10}:")
        lines.append(f"    key{number}: value-{number:032x}")
    return "\n".join(lines) + "\n"


def as_env(count):
    return "".join(f"KEY_{number}=value-{number:032x}\n" for number in range(count))


def run(command):
    """Wall time in seconds of one run."""
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=null)
    _, status = os.waitpid(process, 0)
    took = time.perf_counter() - start
    if status:
        sys.exit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
    return took


def memory(command):
    """Peak resident set in KiB of one run, or of its largest child."""
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *command], capture_output=True, text=True, check=True)
    return int(done.stderr.split()[-1])


def in_turns(commands, runs, budget, before=lambda: None):
    """Runs the commands in turns, up to `runs` times each or until `budget` seconds are gone."""
    results = {name: [] for name in commands}
    start = time.perf_counter()
    for number in range(runs):
        for name, command in commands.items():
            before()
            results[name].append(run(command))
        if number and time.perf_counter() - start > budget:
            break
    return {
        name: {
            "seconds": statistics.median(found),
            "kib": max(memory(commands[name]) for _ in range(3)),
            "runs": len(found),
        }
        for name, found in results.items()
    }


def table(title, rows, base=None):
    print(f"\n{title}\n\n| command | median | added | peak MiB | runs |\n| --- | ---: | ---: | ---: | ---: |")
    for name, row in rows.items():
        added = f"{(row['seconds'] - rows[base]['seconds']) * 1000:.2f} ms" if base and name != base else ""
        print(f"| {name} | {row['seconds'] * 1000:.2f} ms | {added} | {row['kib'] / 1024:.1f} | {row['runs']} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=201, help="runs of each command at most")
    parser.add_argument("--budget", type=float, default=60, help="seconds for each table")
    parser.add_argument("--seal", help="the program; a static release build otherwise")
    parser.add_argument("--sops", help="the real sops; fetched otherwise")
    parser.add_argument("--json", help="write the numbers to this file too")
    arguments = parser.parse_args()
    if not arguments.seal:
        subprocess.run([ROOT / "testdata/static.sh", "--release"], check=True)
        arguments.seal = ROOT / "target/static/seal"
    if not arguments.sops:
        subprocess.run([ROOT / "testdata/get-sops.sh"], check=True)
        arguments.sops = ROOT / "target/peers/sops"
    seal, sops = (str(Path(program).resolve()) for program in (arguments.seal, arguments.sops))
    os.environ["SOPS_AGE_KEY_FILE"] = str(ROOT / "keys.example/identity.txt")
    os.environ["SOPS_DISABLE_VERSION_CHECK"] = "1"

    sizes = {name: os.stat(path).st_size for name, path in (("seal", seal), ("sops", sops))}
    print(", ".join(f"{name}: {size / 1e6:.1f} MB" for name, size in sizes.items()))
    into = tempfile.mkdtemp(dir="/dev/shm", prefix="seal-bench-")
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            for name, text in (("ten.yaml", as_yaml(10)), ("ten.env", as_env(10)), ("many.yaml", as_yaml(3000))):
                Path(name).write_text(text)
                subprocess.run([sops, "encrypt", "--in-place", "--age", RECIPIENT, name], check=True)

            def clear():
                subprocess.run([seal, "mount", "--clear", into], check=True)

            start = {
                "true": [TRUE],
                "seal run": [seal, "run", "--into", into, "ten.yaml", "--", TRUE],
                "seal run --as keys": [seal, "run", "--into", into, "--as", "keys", "ten.yaml", "--", TRUE],
                "seal run --supervise": [seal, "run", "--into", into, "--supervise", "ten.yaml", "--", TRUE],
                "seal run --env": [seal, "run", "--env", "KEY=KEY_1", "ten.env", "--", TRUE],
                "sops exec-file --no-fifo": [sops, "exec-file", "--no-fifo", "ten.yaml", TRUE],
                "sops exec-env": [sops, "exec-env", "ten.env", TRUE],
            }
            started = in_turns(start, arguments.runs, arguments.budget, clear)
            table("10 values, and then `true`", started, "true")
            many = {
                "seal mount --as keys": [seal, "mount", "--into", into, "--as", "keys", "many.yaml"],
                "seal mount": [seal, "mount", "--into", into, "many.yaml"],
                "seal decrypt": [seal, "decrypt", "many.yaml"],
                "sops decrypt": [sops, "decrypt", "many.yaml"],
            }
            rendered = in_turns(many, arguments.runs, arguments.budget, clear)
            table("3000 values", rendered)
    finally:
        shutil.rmtree(into)
    if arguments.json:
        numbers = {"bytes": sizes, "start": started, "many": rendered}
        Path(arguments.json).write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
