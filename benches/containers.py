"""What starting an app with its secrets adds to starting the app, the folder for secrets being on /dev/shm."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from documents import RECIPIENT
from measure import Job, in_turns


def measure(peers, runs, budget, say):
    """One row: the app is `true`."""
    into = tempfile.mkdtemp(dir="/dev/shm", prefix="seal-bench-")
    try:
        for name in ("ten.yaml", "ten.env"):
            line = "KEY_{0}={1:032x}\n" if name.endswith(".env") else "key{0}: value-{1:032x}\n"
            Path(name).write_text("".join(line.format(number, number) for number in range(10)))
            subprocess.run([peers.sops, "encrypt", "--in-place", "--age", RECIPIENT, name], check=True)
        run = [peers.seal, "run", "--into", into]

        def clear():
            subprocess.run([peers.seal, "mount", "--clear", into], check=True, capture_output=True)

        def job(*words):
            return Job([*words, "true"], before=clear)

        jobs = {
            "true": Job(["true"]),
            "seal run": job(*run, "ten.yaml", "--"),
            "seal run --as keys": job(*run, "--as", "keys", "ten.yaml", "--"),
            "seal run --supervise": job(*run, "--supervise", "ten.yaml", "--"),
            "seal run --env": job(peers.seal, "run", "--env", "KEY=KEY_1", "ten.env", "--"),
            "sops exec-file --no-fifo": job(peers.sops, "exec-file", "--no-fifo", "ten.yaml"),
            "sops exec-env": job(peers.sops, "exec-env", "ten.env"),
        }
        row = in_turns(jobs, runs, budget)
    finally:
        shutil.rmtree(into)
    say(row)
    return row
