import secrets
from pathlib import Path

from opine_common.files import write_atomically
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from opine_local.refusal import Refusal


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


class Secrets(BaseModel):
    """Keys that must stay the same from run to run."""

    model_config = ConfigDict(extra="forbid")

    admin_token: str = Field(default_factory=_new_secret, min_length=32)
    registry_token: str = Field(default_factory=_new_secret, min_length=32)
    client_hash_key: str = Field(default_factory=_new_secret, min_length=32)
    session_key: str = Field(default_factory=_new_secret, min_length=32)
    database_password: str = Field(default_factory=_new_secret, min_length=32)
    scraping_password: str = Field(default_factory=_new_secret, min_length=32)
    analysis_password: str = Field(default_factory=_new_secret, min_length=32)


def load_or_create(path: Path) -> Secrets:
    """The secrets kept in `path`; made at the first run, readable by their owner only.

    A file of a version that knew fewer is completed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _write(path, Secrets())
    try:
        found = Secrets.model_validate_json(text)
    except ValidationError:
        raise Refusal(f"{path} is damaged: put the file back, or remove {path.parent} to start afresh.") from None
    return found if found.model_fields_set >= Secrets.model_fields.keys() else _write(path, found)


def _write(path: Path, kept: Secrets) -> Secrets:
    write_atomically(path, kept.model_dump_json(indent=2), mode=0o600)
    return kept


def new_password() -> str:
    """A password for a person to type: 59 bits, no letters that look alike."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))
