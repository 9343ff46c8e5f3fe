"""Runs programs in turns, and takes medians: machines are never quiet, and neighbours in time are alike."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Callable


@dataclass
class Job:
    """A program that is run again and again. `before` is done each time, and takes no part in the time."""

    command: list
    stdin: str = "/dev/null"
    codes: tuple = (0,)
    before: Callable = lambda: None
    environment: dict = field(default_factory=dict)

    def words(self):
        return [str(word) for word in self.command]

    def seconds(self, output="/dev/null"):
        """Wall time of one run."""
        self.before()
        words = self.words()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, self.stdin, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0),
        ]
        environment = {**os.environ, **self.environment}
        start = time.perf_counter()
        process = os.posix_spawnp(words[0], words, environment, file_actions=actions)
        _, status = os.waitpid(process, 0)
        took = time.perf_counter() - start
        self.check(os.waitstatus_to_exitcode(status))
        return took

    def kib(self):
        """Peak resident set of one run, by GNU time: a child of Python begins with the size of Python."""
        self.before()
        with open(self.stdin, "rb") as stdin:
            done = subprocess.run(
                ["/usr/bin/time", "-q", "-f", "%M", *self.words()], stdin=stdin, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, env={**os.environ, **self.environment},
            )
        self.check(done.returncode)
        return int(done.stderr.split()[-1])

    def check(self, code):
        if code not in self.codes:
            sys.exit(f"{' '.join(self.words())}: exit {code}")


def in_turns(jobs, runs, budget):
    """Runs the jobs, by name, in turns: up to `runs` rounds, at least two, or until `budget` seconds are gone. Gives
    for each its median, its peak of memory, and `ratio`, the median of what it took against the first in its round."""
    taken = {name: [] for name in jobs}
    start = time.perf_counter()
    for number in range(runs):
        for name, job in jobs.items():
            taken[name].append(job.seconds())
        if number and time.perf_counter() - start > budget:
            break
    first = next(iter(taken.values()))
    return {
        name: {
            "seconds": statistics.median(found),
            "ratio": statistics.median(mine / base for mine, base in zip(found, first)),
            "kib": max(jobs[name].kib() for _ in range(2 if max(found) < 2 else 1)),
            "runs": len(found),
        }
        for name, found in taken.items()
    }
