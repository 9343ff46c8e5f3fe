"""Documents to measure with: the same on every run."""

import json
import random
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPIENT = (ROOT / "keys.example/recipient.txt").read_text().strip()
IDENTITY = ROOT / "keys.example/identity.txt"
WORDS = "alpha bravo charlie delta echo foxtrot golf hotel india juliet".split()


def values(count, seed=1):
    """`count` values of the kinds that settings have."""
    dice = random.Random(seed)
    for number in range(count):
        yield number, dice.choice([
            lambda: " ".join(dice.choices(WORDS, k=3)),
            lambda: f"https://{dice.choice(WORDS)}.example.org/{dice.randrange(10**6)}",
            lambda: "%032x" % dice.getrandbits(128),
            lambda: dice.randrange(65536),
            lambda: dice.random() < 0.5,
        ])()


def as_yaml(count, seed=1):
    lines = []
    for number, value in values(count, seed):
        if number % 10 == 0:
            lines += [f"# section {number // 10}", f"section{number // 10}:"]
        lines.append(f"    key{number}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def as_json(count, seed=1):
    tree = {}
    for number, value in values(count, seed):
        tree.setdefault(f"section{number // 10}", {})[f"key{number}"] = value
    return json.dumps(tree, indent=2) + "\n"


def as_env(count, seed=1):
    return "".join(f"KEY_{number}={value}\n" for number, value in values(count, seed))


def as_ini(count, seed=1):
    lines = []
    for number, value in values(count, seed):
        if number % 10 == 0:
            lines += [f"[section{number // 10}]"]
        lines.append(f"key{number} = {value}")
    return "\n".join(lines) + "\n"


FORMATS = {"yaml": as_yaml, "json": as_json, "env": as_env, "ini": as_ini}


def path_in(kind, number):
    """The path of value `number`, as `set` and `--extract` take it."""
    if kind == "env":
        return f'["KEY_{number}"]'
    return f'["section{number // 10}"]["key{number}"]'
