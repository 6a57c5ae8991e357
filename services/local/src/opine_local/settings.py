import os
from pathlib import Path
from typing import Annotated

from opine_common.settings import SettingsError, read_settings
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from opine_local.refusal import Refusal

PREFIX = "OPINE_LOCAL_"

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Where Opine keeps its data and listens on this machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    data_dir: Path = Field(default=Path(".local"), description="Database, secrets and lock; kept between runs.")
    frontend_port: Port = Field(default=8050, description="Port of the page.")
    reviews_port: Port = Field(default=5000, description="Port of the reviews API.")
    sentiment_port: Port = Field(default=3000, description="Port of the sentiment service.")
    postgres_port: int = Field(default=0, ge=0, le=65535, description="Port of PostgreSQL; 0: any free one.")
    ready_timeout_s: float = Field(default=120.0, gt=0, description="Start-up is given up after this time.")
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
    def bentoml_home(self) -> Path:
        """BentoML empties the metrics in its home at each start, so that a person's own stays as it is."""
        return self.data_dir / "bentoml"

    @property
    def page_url(self) -> str:
        return f"http://127.0.0.1:{self.frontend_port}"


def local_settings() -> Settings:
    try:
        return read_settings(Settings)
    except SettingsError as error:
        first = error.faults[0]
        raise Refusal(f"{first.variable} is {first.given!r}: {first.message.lower()}.") from None


def inherited_environment() -> dict[str, str]:
    """What every started process inherits from the person's shell."""
    return dict(os.environ)  # noqa: TID251  passed on whole, not read
