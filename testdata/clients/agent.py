"""The part of sops-mcp that calls sops: dictionaries to text and back, with a home that is empty."""

import json
import os
from pathlib import Path

import yaml
from sops_mcp.domains import load_domains
from sops_mcp.sops import SopsError, SopsEncryptor

os.environ["SOPS_AGE_KEY"] = Path(os.environ["SOPS_AGE_KEY_FILE"]).read_text().splitlines()[-1]
os.environ["SOPS_AGE_RECIPIENTS"] = os.environ["RECIPIENTS"]
domain = load_domains()["default"]
manager = SopsEncryptor()

made = manager.encrypt({"name": "hush-name", "list": ["hush-one", 2], "_meta_unencrypted": {"by": "agent"}}, domain)
Path("made.yaml").write_text(made)
print(json.dumps(manager.decrypt(made, domain), sort_keys=True))
partly = manager.encrypt({"data": {"a": "hush"}, "kind": "Secret"}, domain, encrypted_regex="^data$")
Path("partly.yaml").write_text(partly)
print(yaml.safe_load(partly)["kind"], manager.decrypt(partly, domain))
try:
    manager.decrypt(Path("b.yaml").read_text(), domain)
except SopsError:
    print("b.yaml: refused")
