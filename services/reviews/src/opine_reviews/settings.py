from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from limits import parse_many
from opine_common.settings import read_settings_or_exit
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    Field,
    PostgresDsn,
    SecretStr,
    UrlConstraints,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

_PLACEHOLDERS = frozenset({"changeme", "changethis", "change-me", "password", "postgres", "secret", "admin", "example"})


def _readable_rate(text: str) -> str:
    if text:
        try:
            parse_many(text)
        except ValueError:
            raise ValueError("must be rates such as `30 per minute; 500 per day`, or empty") from None
    return text


# Empty: none.
RoleName = Annotated[str, Field(pattern=r"^([a-z_][a-z0-9_]{0,62})?$")]
# As `limits` reads them.
Rate = Annotated[str, AfterValidator(_readable_rate)]
DatabaseUrl = Annotated[PostgresDsn, UrlConstraints(allowed_schemes=["postgresql+psycopg2"])]


class CommandSettings(BaseSettings):
    """What the commands of `opine-reviews` read: their pods have none of the API's secrets."""

    model_config = SettingsConfigDict(
        env_prefix="OPINE_REVIEWS_", extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    database_url: DatabaseUrl = Field(description="`postgresql+psycopg2://...`; a socket folder may be given as `host`")
    database_next_password: SecretStr = Field(
        SecretStr(""), description="tried where the other is refused, while the role's password changes; empty: none"
    )
    sentiment_url: AnyHttpUrl = Field(default=AnyHttpUrl("http://127.0.0.1:3000"), description="the sentiment service")
    trusted_proxies: int = Field(default=0, ge=0, le=8, description="hops whose `X-Forwarded-For` is believed")
    allowed_hosts: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.:\[\],-]*$",
        description="hosts that are answered for, with commas; `.example.org` is all of that domain; empty: any",
    )

    max_text_length: int = Field(default=20_000, ge=1, le=20_000, description="code points in a review")
    max_body_bytes: int = Field(default=262_144, ge=1024, description="bytes in a request body")
    max_artefact_bytes: int = Field(
        default=64 * 1024**2, ge=1024, description="bytes of a model's artefact that is registered"
    )
    max_brands: int = Field(default=10_000, ge=1, description="above this, the 2019 route adds no brand by name")

    predictions_limit: Rate = Field(
        default="1200 per minute", description="predictions of one client; empty: as many as it likes"
    )
    submissions_limit: Rate = Field(default="30 per minute; 500 per day", description="the same of reviews")
    brands_limit: Rate = Field(default="5 per hour", description="the same of brands that the 2019 route adds")
    reports_limit: Rate = Field(default="10 per minute; 100 per day", description="the same of reports")
    limit_store: Literal["memory", "postgresql"] = Field(
        default="memory",
        description="where they are counted: `memory`, each process for itself, or `postgresql`; predictions in memory",
    )

    scraping_role: RoleName = Field(
        default="opine_scraping",
        description="role that writes scraped reviews: `migrate` grants it that and no more, where it exists",
    )
    analysis_role: RoleName = Field(
        default="opine_analysis",
        description="role that reads texts and stars for training: `migrate` grants it that view, where it exists",
    )
    reading_role: RoleName = Field(
        default="opine_reading",
        description="role that finds what reviews say: `migrate` grants `read` what it needs, where it exists",
    )
    scraped_retention_days: int = Field(
        default=1095,
        ge=0,
        le=36_500,
        description="`retain` deletes scraped reviews that were last read so long ago; 0: none",
    )

    database_timeout_s: float = Field(default=4.0, gt=0, description="longest time that a request waits for PostgreSQL")
    sentiment_connect_timeout_s: float = Field(default=0.5, gt=0, description="connecting to the sentiment service")
    sentiment_read_timeout_s: float = Field(
        default=3.0, gt=0, description="longest time that a request waits for its answer"
    )
    sentiment_sleeps: bool = Field(
        default=False,
        description="true: it may have no pod while nobody asks, and starts one then; the page says so meanwhile",
    )
    sentiment_max_connection_age_s: float = Field(
        default=15.0, gt=0, description="older connections to it are replaced, so that a new pod gets its share"
    )
    request_timeout_s: float = Field(
        default=30.0, gt=0, description="longest time for a request; its `X-Request-Timeout` may ask for less"
    )

    bind: str = Field(default="127.0.0.1:5000", description="address and port that gunicorn listens on")
    management_bind: str = Field(
        default="",
        pattern=r"^(\S+:\d+)?$",
        description="address and port for /livez, /readyz and /metrics alone; empty: /metrics is on the other, too",
    )
    workers: int = Field(default=2, ge=1, le=64, description="gunicorn processes")
    threads: int = Field(
        default=8,
        ge=2,
        le=128,
        description="threads a process; three quarters may wait for the database, half for the sentiment service",
    )
    graceful_timeout_s: int = Field(default=25, ge=1, description="time for running requests at a stop")
    temp_dir: Path | None = Field(default=None, description="writable folder, if the system's is read-only")
    metrics_dir: Path | None = Field(
        default=None,
        validation_alias="PROMETHEUS_MULTIPROC_DIR",
        description="folder of the processes' metrics; unset: a temporary one is made",
    )
    otlp_endpoint: AnyHttpUrl | None = Field(
        default=None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="address of a collector that gets spans, as `http://otel-collector:4318`; unset: none are made",
    )
    log_json: bool = Field(default=True, description="JSON lines; false: lines for a person")

    @property
    def management_port(self) -> int | None:
        return int(self.management_bind.rpartition(":")[2]) if self.management_bind else None

    @model_validator(mode="after")
    def _refuse_placeholder_password(self) -> Self:
        for host in self.database_url.hosts():
            if (host["password"] or "").lower() in _PLACEHOLDERS:
                raise ValueError("DATABASE_URL holds a placeholder password")
        return self


class Settings(CommandSettings):
    """The environment of the review API; nothing else reads it. Names carry the prefix `OPINE_REVIEWS_`."""

    client_hash_key: SecretStr = Field(
        min_length=16,
        description="key of at least 16 characters: hashes client addresses by the day, signs cursors and predictions",
    )
    previous_client_hash_key: SecretStr = Field(
        SecretStr(""), description="the key before it, whose predictions are still believed; empty: none"
    )
    admin_token: SecretStr = Field(
        SecretStr(""), description="bearer token of the admin routes; empty: they answer 403"
    )
    registry_token: SecretStr = Field(
        SecretStr(""),
        description="bearer token that registers and releases model versions; empty: these routes answer 403",
    )

    @field_validator("client_hash_key", "previous_client_hash_key", "admin_token", "registry_token")
    @classmethod
    def _refuse_placeholder(cls, secret: SecretStr) -> SecretStr:
        value = secret.get_secret_value().lower()
        if value and (value in _PLACEHOLDERS or any(value.startswith(word) for word in ("change", "placeholder"))):
            raise ValueError("this is a placeholder; make a secret, for example with `openssl rand -hex 32`")
        return secret


@cache
def get_settings() -> Settings:
    return read_settings_or_exit(Settings, "opine-reviews")
