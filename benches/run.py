#!/usr/bin/env python3
"""Measures seal and its peers side by side, and writes docs/performance.md with its plots.

    benches/run.py [--only PART] [--budget SECONDS] [--seal PATH] [--sops PATH] [--rops PATH] [--report]

Builds the static release binary, sops, rops and the micro benchmarks where no path is given. The numbers go to
target/bench/results.json as they come; `--report` writes the documents from there and measures nothing, `--only PART`
measures one part anew. All programs of a row run in turns; shown are medians, and medians of the ratios within a turn:
these hold on a busy machine too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import containers
import history
import report
import sizes
import trees
from documents import IDENTITY, RECIPIENT, ROOT, as_yaml
from peers import Peers

RESULTS = ROOT / "target/bench/results.json"
SIZES = [10, 20, 1000, 10000, 100000, 1000000]
# Files stand in memory where that is possible: a disk has a say of its own in what changes them.
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None


def micro(peers):
    """Nanoseconds and size of a round for each part of a run."""
    with tempfile.TemporaryDirectory() as folder:
        plain, sealed = Path(folder, "plain.yaml"), Path(folder, "sealed.yaml")
        plain.write_text(as_yaml(10000))
        with sealed.open("wb") as out:
            subprocess.run([peers.seal, "encrypt", "--age", RECIPIENT, plain], check=True, stdout=out)
        command = ["cargo", "bench", "--locked", "--bench", "micro", "--", str(sealed)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    lines = [line.split("\t") for line in done.stdout.splitlines() if line.count("\t") == 2]
    return {name: {"nanoseconds": int(taken), "size": int(size)} for name, taken, size in lines}


def machine():
    model = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return {"processor": model.split(":")[1].strip(), "cores": os.cpu_count()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=101, help="rounds of each row at most")
    parser.add_argument("--budget", type=float, default=20, help="seconds for each row")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of values")
    parser.add_argument("--files", type=int, default=1000, help="files of the tree")
    parser.add_argument("--commits", type=int, default=300, help="commits of the history")
    parser.add_argument("--only", choices=["micro", "sizes", "trees", "containers", "history"], action="append")
    parser.add_argument("--report", action="store_true", help="write the documents from the last numbers")
    for name in ("seal", "sops", "rops"):
        parser.add_argument(f"--{name}", type=Path, help="the program")
    arguments = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if arguments.report:
        report.write(results)
        return
    scripts = {"seal": ("static.sh", "static/seal"), "sops": ("get-sops.sh", "peers/sops"),
               "rops": ("get-rops.sh", "peers/rops")}
    programs = {}
    for name, (script, path) in scripts.items():
        programs[name] = getattr(arguments, name)
        if not programs[name]:
            release = ["--release"] if name == "seal" else []
            subprocess.run([ROOT / "testdata" / script, *release], check=True)
            programs[name] = ROOT / "target" / path
        programs[name] = programs[name].resolve()
    os.environ["SOPS_AGE_KEY_FILE"] = str(IDENTITY)
    # rops takes no comments in its files of keys.
    os.environ["ROPS_AGE"] = IDENTITY.read_text().split()[-1]
    os.environ["SOPS_DISABLE_VERSION_CHECK"] = "1"

    def say(row):
        print(json.dumps(row), file=sys.stderr, flush=True)

    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    home = os.environ["HOME"]
    rounds = arguments.runs, arguments.budget, say
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        peers = Peers(**programs, folder=folder)
        parts = {
            "containers": lambda: containers.measure(peers, *rounds),
            "sizes": lambda: sizes.measure(peers, [int(size) for size in arguments.sizes.split(",")], *rounds),
            "trees": lambda: trees.measure(peers, arguments.files, *rounds),
            "history": lambda: history.measure(peers, arguments.commits, 5, say),
            "micro": lambda: micro(peers),
        }
        for part, measure in parts.items():
            if part in (arguments.only or parts):
                with tempfile.TemporaryDirectory(dir=MEMORY) as inside:
                    os.chdir(inside)
                    os.environ["HOME"] = inside if part != "micro" else home
                    results[part] = measure()
                    os.chdir(ROOT)
                results.update(machine=machine(), bytes=peers.bytes())
                RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    report.write(results)


if __name__ == "__main__":
    main()
