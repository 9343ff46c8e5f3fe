#!/usr/bin/env python3
"""Counts the instructions of seal's main jobs and compares them with those of benches/instructions.json.

    benches/instructions.py [--update] [--seal PATH] [--only WORD]

Counts are the same on every machine and under any load, to a fraction of a percent, where times are not. A job
that takes more than the tolerance more is a failure. `--update` writes down what is counted: after a change that is
worth it, and after one that made something cheaper. Builds the static release binary if no path is given; needs
valgrind. One thread counts, so nothing here says how work spreads over cores.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from documents import FORMATS, IDENTITY, RECIPIENT, ROOT, as_yaml, path_in

KNOWN = ROOT / "benches/instructions.json"
FILES = 50


def library(seal):
    """The C library that a static program stands on: their starts and their copies of bytes differ."""
    return "glibc" if b"GNU C Library" in seal.read_bytes() else "musl"


class Counter:
    """Runs one seal in one folder, where nothing else has a say."""

    def __init__(self, seal, folder):
        self.seal, self.folder = str(seal), Path(folder)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "RAYON_NUM_THREADS": "1",
            "SOPS_AGE_KEY_FILE": str(IDENTITY),
        }

    def run(self, *words, **environment):
        environment = {**self.environment, **environment}
        done = subprocess.run([self.seal, *words], cwd=self.folder, env=environment, capture_output=True)
        if done.returncode:
            sys.exit(f"instructions.py: seal {' '.join(words)}: exit {done.returncode}\n{done.stderr.decode()}")
        return done.stdout

    def count(self, words):
        """Instructions of one run."""
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", self.seal, *words]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        counted = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode or not counted:
            sys.exit(f"instructions.py: {' '.join(command)}: exit {done.returncode}\n{done.stderr}")
        return int(counted[1])


def prepare(counter):
    """Writes the files, and returns the jobs by name."""
    folder, jobs = counter.folder, {}
    to = ["--age", RECIPIENT]

    def sealed(name, plain, text):
        """An encrypted file whose data key is wrapped as in benches/sealed: age adds noise of random length to what it
        wraps, which takes time to read."""
        (folder / plain).write_text(text)
        shutil.copy(ROOT / f"benches/sealed/one{Path(name).suffix}", folder / name)
        counter.run("edit", name, EDITOR=f"cp {folder / plain}")

    sizes = {20: ["yaml"], 1000: FORMATS, 10000: FORMATS}
    for size, kinds in sizes.items():
        for kind in kinds:
            plain, name = f"plain{size}.{kind}", f"sealed{size}.{kind}"
            sealed(name, plain, FORMATS[kind](size))
            jobs[f"encrypt {kind} {size}"] = ["encrypt", *to, plain]
            jobs[f"decrypt {kind} {size}"] = ["decrypt", name]
    for kind in ("yaml", "json"):
        shutil.copy(folder / f"sealed10000.{kind}", folder / f"set.{kind}")
        jobs[f"set {kind} 10000"] = ["set", f"set.{kind}", path_in(kind, 5005), '"another value"']
    sealed("one.yaml", "plain.yaml", as_yaml(20))
    jobs["textconv"] = ["git", "textconv", "--", "one.yaml"]
    for version, number in (("ours", 3), ("theirs", 12)):
        shutil.copy(folder / "one.yaml", folder / f"{version}.yaml")
        counter.run("set", f"{version}.yaml", path_in("yaml", number), '"another value"')
    jobs["merge"] = ["git", "merge", "--path", "one.yaml", "one.yaml", "ours.yaml", "theirs.yaml"]
    tree = folder / "tree"
    tree.mkdir()
    (tree / ".sops.yaml").write_text(f"creation_rules:\n  - age: {RECIPIENT}\n")
    for number in range(FILES):
        sealed(f"tree/{number}.yaml", "plain.yaml", as_yaml(20, seed=number))
    jobs[f"check {FILES} files"] = ["--config", "tree/.sops.yaml", "check", "tree"]
    return jobs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="write down what is counted")
    parser.add_argument("--seal", type=Path, help="the program; a static release build otherwise")
    parser.add_argument("--only", default="", help="only jobs with this in their name")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("instructions.py: needs valgrind (apt-get install valgrind)")
    seal = arguments.seal
    if not seal:
        subprocess.run([ROOT / "testdata/static.sh", "--release"], check=True)
        seal = ROOT / "target/static/seal"
    known = json.loads(KNOWN.read_text())
    with tempfile.TemporaryDirectory() as folder:
        counter = Counter(seal.resolve(), folder)
        jobs = {name: words for name, words in prepare(counter).items() if arguments.only in name}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            counted = dict(zip(jobs, pool.map(counter.count, jobs.values())))
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    tolerance, before = known["tolerance_percent"], known["instructions"].get(library(seal), {})
    worse, better = [], []
    for name, count in counted.items():
        change = 100 * (count / before[name] - 1) if name in before else None
        if change is None or change > tolerance:
            worse.append(name)
        elif change < -tolerance:
            better.append(name)
        print(f"{name:20} {count:15,} {'new' if change is None else f'{change:+.1f} %'}")
    if not arguments.only and (gone := sorted(set(before) - set(counted))):
        worse += gone
        print("no such job any more:", ", ".join(gone))
    if arguments.update:
        known["rustc"] = rustc
        known["instructions"][library(seal)] = {**(before if arguments.only else {}), **counted}
        KNOWN.write_text(json.dumps(known, indent=2) + "\n")
        return
    if better:
        print(f"\n{', '.join(better)}: cheaper than before; benches/instructions.py --update keeps it so")
    if worse:
        print(f"\nmore than {tolerance} % worse, or not known: {', '.join(worse)}", file=sys.stderr)
        if rustc != known.get("rustc"):
            print(f"counted with {known.get('rustc')}, compared with {rustc}", file=sys.stderr)
        sys.exit("see docs/performance.md, Guard; benches/instructions.py --update if it is worth it")


if __name__ == "__main__":
    main()
