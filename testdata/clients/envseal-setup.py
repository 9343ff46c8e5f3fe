"""What `envseal init` asks a person for."""

from pathlib import Path

from envseal.config import Config, Repo
from envseal.crypto import AgeKeyManager
from envseal.sops import SopsManager

here = Path.cwd()
Config(vault_path=here / "vault", repos=[Repo(name="app", path=here / "app")]).save(Config.get_config_path())
keys = AgeKeyManager()
path = keys.get_default_key_path()
SopsManager(keys.get_public_key(path), path).create_sops_yaml(here / "vault" / ".sops.yaml")
