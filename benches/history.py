"""Looking at the history of encrypted files: seal's own commands against Git with a textconv. All decrypt, but for the
row that says so."""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from documents import RECIPIENT

FILES = [f"secrets/{name}.enc.yaml" for name in ("alpha", "bravo", "charlie", "delta", "echo")]


def checked(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    if done.returncode:
        sys.exit(f"{command}: exit {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def build(seal, commits):
    """The repository."""
    dice = random.Random(1)
    value = lambda: "%032x" % dice.getrandbits(128)
    checked(["git", "init", "-q", "-b", "main"])
    for key, setting in {"user.name": "a", "user.email": "a@example.org", "gc.auto": "0", "color.ui": "never"}.items():
        checked(["git", "config", key, setting])
    Path(".sops.yaml").write_text(f"creation_rules:\n  - age: {RECIPIENT}\n")
    for name in FILES:
        Path(name).parent.mkdir(exist_ok=True)
        sections = (f"section{n}:\n" + "".join(f"    key{k}: {value()}\n" for k in range(8)) for n in range(5))
        Path(name).write_text("".join(sections))
        checked([seal, "encrypt", "-i", name])
    for number in range(commits):
        for name in FILES if number else []:
            path = f"section{dice.randrange(5)}.key{dice.randrange(8)}"
            checked([seal, "set", name, path, value()])
        checked(["git", "add", "-A"])
        checked(["git", "commit", "-q", "-m", f"commit {number}"])
    checked(["git", "repack", "-adq"])


def timed(command, textconv):
    """The time of a run, the programs that it started, and what it printed."""
    environment = dict(os.environ, GIT_PAGER_IN_USE="true", GIT_TRACE2_EVENT=str(Path("../trace").resolve()))
    if textconv:
        Path(".git/info/attributes").write_text("*.enc.yaml diff=secret\n")
        checked(["git", "config", "diff.secret.textconv", textconv])
    else:
        Path(".git/info/attributes").write_text("")
    Path("../trace").write_text("")
    start = time.perf_counter()
    printed = checked(command, env=environment)
    took = time.perf_counter() - start
    events = [json.loads(line)["event"] for line in Path("../trace").read_text().splitlines()]
    return took, events.count("start" if command[0] != "git" else "child_start"), printed


def measure(peers, commits, runs, say):
    """A row for each command: its median, and how many programs are started, as Git's trace tells (`child_start`; for
    seal each `git`). Git with sops runs once, but for `git show`: it takes long."""
    kept = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("GIT_")] + ["CI"]:
        os.environ.pop(name, None)
    os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
    os.makedirs("work")
    os.chdir("work")
    build(peers.seal, commits)
    seal, sops = peers.seal, peers.sops
    with_sops, with_seal = f"{sops} decrypt", f"{seal} git textconv --show=plain --"
    rows = [
        ("git log -p, sops as textconv", ["git", "log", "-p"], with_sops),
        ("git log -p, seal as textconv", ["git", "log", "-p"], with_seal),
        ("seal log -p --show plain", [seal, "log", "-p", "--show", "plain"], None),
        ("seal log -p", [seal, "log", "-p"], None),
        ("seal log", [seal, "log"], None),
        ("git log -p, ciphertext", ["git", "log", "-p"], None),
        ("git blame, sops as textconv", ["git", "blame", FILES[0]], with_sops),
        ("git blame, seal as textconv", ["git", "blame", FILES[0]], with_seal),
        ("seal blame", [seal, "blame", FILES[0]], None),
        ("git show, sops as textconv", ["git", "show"], with_sops),
        ("git show, seal as textconv", ["git", "show"], with_seal),
        ("seal log -p -n 1 --show plain", [seal, "log", "-p", "-n", "1", "--show", "plain"], None),
    ]
    taken = {name: [] for name, _, _ in rows}
    starts = {}
    for run in range(runs):
        for name, command, textconv in rows:
            if run and textconv == with_sops and "show" not in name:
                continue
            took, starts[name], printed = timed(command, textconv)
            taken[name].append(took)
            if "log -p" in name and "-n 1" not in name:
                found = printed.count(b"\ncommit ") + printed.startswith(b"commit ")
                if found != commits:
                    sys.exit(f"{name}: {found} commits")
    os.environ.clear()
    os.environ.update(kept)
    result = []
    slow = None
    for name, _, textconv in rows:
        took = statistics.median(taken[name])
        slow = took if textconv == with_sops else slow
        row = {"command": name, "seconds": took, "starts": starts[name], "ratio": slow / took}
        result.append(row)
        say(row)
    return {"commits": commits, "rows": result}
