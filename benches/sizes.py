"""One file of growing size, in every format."""

# Up to this many values peers take part: sops takes minutes beyond.
WITH_PEERS = {"decrypt": 100_000, "encrypt": 100_000, "set": 10_000, "edit": 10_000}

from pathlib import Path

from documents import FORMATS, path_in
from measure import Job, in_turns


def measure(peers, sizes, runs, budget, say):
    """A row for each size, format and command, with what each program took."""
    rows = []
    for size in sizes:
        for kind, make in FORMATS.items():
            plain = f"plain{size}.{kind}"
            Path(plain).write_text(make(size))
            files = {}
            for name, job in peers.encrypt(kind, plain).items():
                if name != "seal" and size > max(WITH_PEERS.values()):
                    continue
                files[name] = f"{name}{size}.{kind}"
                job.seconds(files[name])
            work = {
                "encrypt": lambda: peers.encrypt(kind, plain),
                "decrypt": lambda: peers.decrypt(kind, files),
                "set": lambda: peers.change(files, path_in(kind, size // 2)),
                "edit": lambda: peers.edit(files),
            }
            for command, jobs in work.items():
                jobs = {name: job for name, job in jobs().items() if name == "seal" or size <= WITH_PEERS[command]}
                result = in_turns({**jobs, "nothing": Job([peers.nothing])}, runs, budget)
                row = {"values": size, "format": kind, "command": command, "programs": result}
                row["bytes"] = Path(files["seal"]).stat().st_size
                rows.append(row)
                say(row)
    return rows
