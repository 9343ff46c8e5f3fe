"""The wrapper sopsy, and settings of an application that read through it."""

import json
import os
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings_sops import SOPSConfigSettingsSource
from sopsy import Sops, SopsyCommandFailedError, SopsyInOutType, SopsyInputSource


def show(what):
    print(json.dumps(what.decode() if isinstance(what, bytes) else what, sort_keys=True))


class Settings(BaseSettings):
    """What the file has for the application."""

    model_config = SettingsConfigDict(yaml_file="flat.enc.yaml", extra="ignore")
    NAME: str
    COUNT: int
    RATIO: float
    ON: bool

    @classmethod
    def settings_customise_sources(cls, settings_cls, **others):
        return (SOPSConfigSettingsSource(settings_cls),)


for name in ("s.yaml", "s.json"):
    show(Sops(name).decrypt())
    show(Sops(name).get("name"))
show(Sops("s.yaml", extract='["db"]["password"]').decrypt(to_dict=False))
show(Sops("s.env", output_type=SopsyInOutType.JSON).decrypt())
show(Sops("s.bin").decrypt(to_dict=False))
show(Sops(Path("s.yaml").read_bytes(), input_type="yaml", input_source=SopsyInputSource.STDIN).decrypt())

rules = {"creation_rules": [{"path_regex": r"\.(yaml|json)$", "age": os.environ["RECIPIENTS"]}]}
Sops("p.yaml", config_dict=rules, in_place=True).encrypt()
Sops("p.json", config_dict=rules, output="made.json").encrypt()
Sops("s.json", in_place=True).rotate()
Path("made.yaml").write_bytes(
    Sops(
        b"a: hush-stdin\n", config_dict=rules, input_type="yaml", input_source=SopsyInputSource.STDIN
    ).encrypt(to_dict=False)
)
for wrong in ("b.yaml", "badmac.yaml", "none.yaml"):
    try:
        Sops(wrong).decrypt()
    except SopsyCommandFailedError:
        show(f"{wrong}: refused")
show(Settings().model_dump())
