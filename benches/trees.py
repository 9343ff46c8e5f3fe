"""Many small files: seal over all of them against a loop over the others."""

import shutil
import subprocess
from pathlib import Path

from documents import RECIPIENT, as_yaml
from measure import Job, in_turns

LOOP = 'for file in tree/*/*.yaml; do "$@" "$file" || exit; done'
# rops takes a file's name from nobody who does not sit at a terminal.
ROPS_LOOP = 'for file in tree/*/*.yaml; do "$@" < "$file" > "$file.out" || exit; done'


def measure(peers, count, runs, budget, say):
    """A row for each command."""
    folder = Path("trees")
    folder.mkdir()
    subprocess.run([peers.seal, "keygen", "-o", "second.txt"], check=True, capture_output=True)
    keygen = subprocess.run([peers.seal, "keygen", "-y", "second.txt"], check=True, capture_output=True, text=True)
    one, two = (f"creation_rules:\n  - age: {who}\n" for who in (RECIPIENT, f"{RECIPIENT},{keygen.stdout.strip()}"))
    rule = Path(".sops.yaml")
    rule.write_text(one)
    files = [f"tree/{number % 20}/{number}.yaml" for number in range(count)]
    for number, name in enumerate(files):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(as_yaml(20, seed=number))
    encrypt = {"sops": ["sh", "-c", LOOP, "sh", peers.sops, "encrypt", "-i"]}
    if peers.rops:
        encrypt["rops"] = ["sh", "-c", ROPS_LOOP, "sh", peers.rops, "encrypt", "--age", RECIPIENT, "-f", "yaml"]
    shutil.copytree("tree", "trees/plain")
    for name, words in encrypt.items():
        shutil.rmtree("tree")
        shutil.copytree("trees/plain", "tree")
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
        for written in Path("tree").glob("*/*.out"):
            written.rename(written.with_suffix(""))
        shutil.copytree("tree", f"trees/{name}")

    def job(words, rules, made_by="sops"):
        def before():
            shutil.rmtree("tree")
            shutil.copytree(f"trees/{made_by}", "tree")
            rule.write_text(rules)

        return Job(words, before=before)

    def loop(*words):
        return ["sh", "-c", LOOP, "sh", peers.sops, *words]

    work = {
        "decrypt": {
            "seal": job([peers.seal, "decrypt", "--quiet", "-i", *files], one),
            "sops": job(loop("decrypt", "-i"), one),
        },
        "updatekeys": {
            "seal": job([peers.seal, "updatekeys", "--quiet", "-y", "tree"], two),
            "sops": job(loop("updatekeys", "-y"), two),
        },
        "rotate": {
            "seal": job([peers.seal, "rotate", "--quiet", "-i", "tree"], one),
            "sops": job(loop("rotate", "-i"), one),
        },
        # No peer looks at files without a key; decrypting is what their users do to know that files are sound.
        "check": {
            "seal": job([peers.seal, "check", "--quiet", "tree"], one),
            "sops": job(loop("decrypt"), one),
        },
    }
    if peers.rops:
        words = ["sh", "-c", ROPS_LOOP, "sh", peers.rops, "decrypt", "-f", "yaml"]
        work["decrypt"]["rops"] = job(words, one, "rops")
    rows = []
    for command, jobs in work.items():
        row = {"files": count, "command": command, "programs": in_turns(jobs, runs, budget)}
        rows.append(row)
        say(row)
    rule.unlink()
    return rows
