"""What a person chooses, by the environment, and the secrets that are kept from run to run."""

import os
import secrets
from pathlib import Path
from typing import Annotated

from opine_common.files import write_atomically
from opine_common.settings import SettingsError, read_settings
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "OPINE_LOCAL_"

Port = Annotated[int, Field(ge=1, le=65535)]


class CommandError(Exception):
    """Opine cannot start or go on. The message is one sentence for the person: what is wrong and what to do."""


def reason(error: OSError) -> str:
    """What the operating system says, without the number and the path."""
    return (error.strerror or str(error)).lower()


class Settings(BaseSettings):
    """Where Opine keeps its data and listens on this machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    data_dir: Path = Field(default=Path(".local"), description="Database, secrets and lock; kept between runs.")
    frontend_port: Port = Field(default=8050, description="Port of the page.")
    reviews_port: Port = Field(default=5000, description="Port of the reviews API.")
    sentiment_port: Port = Field(default=3000, description="Port of the sentiment service.")
    postgres_port: int = Field(default=0, ge=0, le=65535, description="Port of PostgreSQL; 0: any free one.")
    ready_timeout_s: float = Field(default=120.0, gt=0, description="Start-up is given up after this time.")
    look_every_s: float = Field(default=20.0, gt=0, description="Seconds between two looks at the open release.")
    training_python: str = Field(
        default="", description="Python with PyTorch and opine-training, by which versions learn; empty: Opine's own."
    )
    model_dir: str = Field(
        default="",
        validation_alias="OPINE_SENTIMENT_MODEL_DIR",
        description="Folder of a model; empty: the registry says which version is live.",
    )
    admin_password: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="OPINE_FRONTEND_ADMIN_PASSWORD",
        description="Password of the admin page; empty: a new one each run.",
    )
    no_color: str = Field(default="", validation_alias="NO_COLOR", description="Not empty: no colours.")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.resolve()

    @property
    def secrets_path(self) -> Path:
        return self.data_dir / "secrets.json"

    @property
    def metrics_dir(self) -> Path:
        """Where the reviews API's processes add up their counts; a temporary folder would outlive a killed run."""
        return self.data_dir / "reviews-metrics"

    @property
    def models_dir(self) -> Path:
        """What the sentiment service has fetched from the registry."""
        return self.data_dir / "models"

    @property
    def bentoml_home(self) -> Path:
        """BentoML empties the metrics in its home at each start, so that a person's own stays as it is."""
        return self.data_dir / "bentoml"

    @property
    def page_url(self) -> str:
        return f"http://127.0.0.1:{self.frontend_port}"


def local_settings() -> Settings:
    """The settings that the environment gives.

    Raises:
        CommandError: one is wrong; names the variable and its value.
    """
    try:
        return read_settings(Settings)
    except SettingsError as error:
        first = error.faults[0]
        raise CommandError(f"{first.variable} is {first.given!r}: {first.message.lower()}.") from None


def inherited_environment() -> dict[str, str]:
    """What every started process inherits from the person's shell."""
    return dict(os.environ)  # noqa: TID251  passed on whole, not read


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


class Secrets(BaseModel):
    """Keys that must stay the same from run to run: database, sessions and hashed addresses hang on them."""

    # A name that is not known belongs to a later version, whose data this one should not touch.
    model_config = ConfigDict(extra="forbid")

    admin_token: str = Field(default_factory=_new_secret, min_length=32)
    registry_token: str = Field(default_factory=_new_secret, min_length=32)
    client_hash_key: str = Field(default_factory=_new_secret, min_length=32)
    session_key: str = Field(default_factory=_new_secret, min_length=32)
    database_password: str = Field(default_factory=_new_secret, min_length=32)
    scraping_password: str = Field(default_factory=_new_secret, min_length=32)
    analysis_password: str = Field(default_factory=_new_secret, min_length=32)
    reading_password: str = Field(default_factory=_new_secret, min_length=32)


def load_or_create_secrets(path: Path) -> Secrets:
    """The secrets kept in `path`; made at the first run, readable by their owner only.

    A file of a version that knew fewer is completed.

    Raises:
        CommandError: the file is damaged. It is left alone, for a new key would lock the person out of the database.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _write(path, Secrets())
    try:
        found = Secrets.model_validate_json(text)
    except ValidationError:
        raise CommandError(f"{path} is damaged: put the file back, or remove {path.parent} to start afresh.") from None
    return found if found.model_fields_set >= Secrets.model_fields.keys() else _write(path, found)


def _write(path: Path, kept: Secrets) -> Secrets:
    write_atomically(path, kept.model_dump_json(indent=2), mode=0o600)
    return kept


def new_password() -> str:
    """A password for a person to type: 59 bits, no letters that look alike."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))
