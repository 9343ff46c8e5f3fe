"""Puts numbers into docs/performance.md, between marks, and draws the plots beside it."""

import re

from documents import ROOT
from plot import svg

PAGE = ROOT / "docs/performance.md"
PLOTS = ROOT / "docs/performance"


def write(results):
    """What was not measured stays as it is."""
    PLOTS.mkdir(exist_ok=True)
    parts = {
        "machine": _machine, "sizes": _sizes, "trees": _trees, "history": _history, "containers": _containers,
        "micro": _micro,
    }
    page = PAGE.read_text()
    for name, make in parts.items():
        if name in results:
            text = make(results)
            marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
            page = marks.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page)
    PAGE.write_text(page)


def _table(head, rows):
    aligned = ["---" if number == 0 else "---:" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, aligned, *rows))


def _time(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.{1 if seconds >= 0.01 else 2}f} ms"


def _mib(kib):
    return f"{kib / 1024:.1f}"


def _machine(results):
    machine = results["machine"]
    sizes = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in results["bytes"].items())
    return f"Measured on {machine['cores']} cores of an {machine['processor']}. Programs: {sizes}."


def _floor(results, row):
    """An empty process, reading the file, its bytes through AES-GCM, one X25519 operation."""
    micro = results["micro"]
    each = sum(micro[part]["nanoseconds"] / micro[part]["size"] for part in ("read", "aes-gcm, one block"))
    nanoseconds = row["bytes"] * each + micro["x25519"]["nanoseconds"]
    return row["programs"]["nothing"]["seconds"] + nanoseconds / 1e9


def _sizes(results):
    out = []
    for command in ("decrypt", "encrypt", "set", "edit"):
        rows = [row for row in results["sizes"] if row["command"] == command]
        out += [f"\n### {command}\n", *_plots(results, command, rows)]
        largest = max(row["values"] for row in rows)
        # What a value costs beyond the start of the program.
        seconds = {(row["format"], row["values"]): row["programs"]["seal"]["seconds"] for row in rows}
        each = lambda kind, size: (seconds[kind, size] - seconds[kind, 10]) / (size - 10) * 1e6
        steady = [f"{kind.upper()} {each(kind, 1000):.2f} and {each(kind, largest):.2f}"
                  for kind, size in seconds if size == largest and {(kind, 10), (kind, 1000)} <= set(seconds)]
        if steady:
            out.append(f"Microseconds for each value more, up to 1,000 and up to {largest:,}: {', '.join(steady)}.\n")
        body = []
        for row in rows:
            programs = row["programs"]
            line = [f"{row['values']:,} {row['format'].upper()}"]
            line += [_time(programs[name]["seconds"]) if name in programs else "" for name in ("seal", "rops", "sops")]
            line += [f"{programs[name]['ratio']:.1f}×" if name in programs else "" for name in ("rops", "sops")]
            if "micro" in results:
                line.append(f"{programs['seal']['seconds'] / _floor(results, row):.1f}×")
            line += [_mib(programs[name]["kib"]) if name in programs else "" for name in ("seal", "rops", "sops")]
            body.append(line)
        head = ["values", "seal", "rops", "sops", "rops/seal", "sops/seal"]
        head += ["seal/floor"] if "micro" in results else []
        out.append(_table([*head, "MiB seal", "MiB rops", "MiB sops"], body))
    return "\n".join(out).strip("\n")


def _plots(results, command, rows):
    """Draws time and memory of a command; the links to the plots."""
    links = []
    for what, unit, factor in (("seconds", "s", 1), ("kib", " MiB", 1 / 1024)):
        panels = {}
        for row in rows:
            lines = panels.setdefault(row["format"].upper(), {})
            for name, numbers in row["programs"].items():
                if name != "nothing":
                    lines.setdefault(name, []).append((row["values"], numbers[what] * factor))
            if what == "seconds" and "micro" in results:
                lines.setdefault("floor", []).append((row["values"], _floor(results, row)))
        kind = "time" if what == "seconds" else "memory"
        name = f"{command}-{kind}.svg"
        (PLOTS / name).write_text(svg(f"{command}: {kind}", unit, panels))
        links.append(f"![{kind} of {command} against the number of values](performance/{name})\n")
    return links


def _trees(results):
    body = []
    for row in results["trees"]:
        programs = row["programs"]
        line = [f"{row['command']}, {row['files']:,} files"]
        line += [_time(programs[name]["seconds"]) if name in programs else "" for name in ("seal", "rops", "sops")]
        line += [f"{programs[name]['ratio']:.1f}×" if name in programs else "" for name in ("rops", "sops")]
        body.append(line)
    return _table(["command", "seal", "rops, a loop", "sops, a loop", "rops/seal", "sops/seal"], body)


def _history(results):
    body = [
        [row["command"], _time(row["seconds"]), f"{row['starts']:,}", f"{row['ratio']:.1f}×"]
        for row in results["history"]["rows"]
    ]
    head = [f"{results['history']['commits']:,} commits", "median", "programs started", "sops as textconv/this"]
    return _table(head, body)


def _containers(results):
    rows = results["containers"]
    base = rows["true"]["seconds"]
    body = [
        [f"`{name}`", _time(row["seconds"]), _time(max(row["seconds"] - base, 0)), _mib(row["kib"])]
        for name, row in rows.items()
    ]
    return _table(["command", "median", "added to `true`", "peak MiB"], body)


def _micro(results):
    body = []
    for name, row in results["micro"].items():
        each = row["nanoseconds"] / row["size"]
        per = {"read": "byte", "aes-gcm, one block": "byte", "parse": "byte", "plan": "node", "splice": "node"}
        unit = per.get(name, "value" if row["size"] > 1 else "operation")
        body.append([name, f"{row['nanoseconds'] / 1000:,.1f} µs", f"{each:,.2f} ns {'an' if unit == 'operation' else 'a'} {unit}"])
    return _table(["part", "a round", "each"], body)
