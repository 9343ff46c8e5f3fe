"""The programs that are compared, and how each is told to do the same."""

import subprocess
from pathlib import Path

from documents import RECIPIENT
from measure import Job

# The least that a process can do: not even a C library starts.
NOTHING = """
#if defined(__x86_64__)
__asm__(".globl _start\\n_start: mov $60, %eax\\n xor %edi, %edi\\n syscall");
#elif defined(__aarch64__)
__asm__(".globl _start\\n_start: mov x8, 93\\n mov x0, 0\\n svc 0");
#endif
"""


class Peers:
    """Paths of the programs: `seal`, `sops`, `rops` if it is there, and one that does `nothing`."""

    def __init__(self, seal, sops, rops, folder):
        self.seal, self.sops = (str(Path(program).resolve()) for program in (seal, sops))
        self.rops = str(Path(rops).resolve()) if rops and Path(rops).exists() else None
        self.nothing = str(Path(folder) / "nothing")
        compiler = ["cc", "-static", "-nostdlib", "-x", "c", "-", "-o", self.nothing]
        subprocess.run(compiler, input=NOTHING, text=True, check=True)

    def bytes(self):
        programs = {"seal": self.seal, "sops": self.sops, "rops": self.rops}
        return {name: Path(path).stat().st_size for name, path in programs.items() if path}

    def encrypt(self, kind, plain):
        jobs = {
            "seal": Job([self.seal, "encrypt", "--age", RECIPIENT, plain]),
            "sops": Job([self.sops, "encrypt", "--age", RECIPIENT, plain]),
        }
        if self.rops and kind in ("yaml", "json"):
            jobs["rops"] = Job([self.rops, "encrypt", "--age", RECIPIENT, "-f", kind], stdin=plain)
        return jobs

    def decrypt(self, kind, files):
        """`files` are by program: each reads its own."""
        jobs = {"seal": Job([self.seal, "decrypt", "--quiet", files["seal"]])}
        if "sops" in files:
            jobs["sops"] = Job([self.sops, "decrypt", files["sops"]])
        if "rops" in files:
            jobs["rops"] = Job([self.rops, "decrypt", "-f", kind], stdin=files["rops"])
        return jobs

    def change(self, files, path):
        """Sets a value to another one each time."""
        turn = {"seal": 0, "sops": 0}

        def job(name, program):
            words = [program, "set", files[name], path, ""]

            def before():
                turn[name] += 1
                words[-1] = f'"value {turn[name]}"'

            return Job(words, before=before)

        return {name: job(name, program) for name, program in self.editors(files)}

    def edit(self, files):
        """An editor that changes nothing; both say so with exit code 200."""
        environment = {"EDITOR": "true", "SOPS_EDITOR": "true", "VISUAL": "true"}
        return {
            name: Job([program, "edit", files[name]], codes=(200,), environment=environment)
            for name, program in self.editors(files)
        }

    def editors(self, files):
        """Those that change single values, as far as they have a file."""
        return [(name, program) for name, program in (("seal", self.seal), ("sops", self.sops)) if name in files]
