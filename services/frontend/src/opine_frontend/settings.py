from functools import cache
from typing import Annotated, Self

from opine_common.settings import read_settings_or_exit
from pydantic import Field, HttpUrl, SecretStr, UrlConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SHORTEST_SECRET_KEY = 32

ServiceUrl = Annotated[HttpUrl, UrlConstraints(allowed_schemes=["http", "https"])]


class Settings(BaseSettings):
    """All that the frontend reads from its environment."""

    model_config = SettingsConfigDict(env_prefix="OPINE_FRONTEND_", frozen=True)

    reviews_url: ServiceUrl = Field(default=HttpUrl("http://127.0.0.1:5000"), description="Base URL of the reviews API")
    max_connection_age_s: float = Field(
        default=15.0, gt=0, description="Older connections to it are replaced, so that a new pod of it gets its share"
    )
    admin_password: SecretStr = Field(
        default=SecretStr(""), description="Opens `/admin`. Empty: the admin page is switched off and says so"
    )
    admin_token: SecretStr = Field(
        default=SecretStr(""), description="The reviews API's token; stays on the server. Needed with a password"
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Signs the session cookie: at least 32 characters, alike in all replicas. Needed with a password",
    )
    allowed_hosts: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.:\[\],-]*$",
        description="Hosts that are answered for, with commas; `.example.org` is all of that domain. Empty: any",
    )
    prefix: str = Field(
        default="",
        pattern=r"^(/[A-Za-z0-9_-]+)*$",
        description="Path below which a proxy serves the app, such as `/opine`; whether it removes it or not",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        description="Number of proxies in front whose `X-Forwarded-For`, `-Proto` and `-Host` are believed",
    )
    demo_command: str = Field(
        default="",
        max_length=200,
        description="Command that the front page names while there is no review, such as `make demo`; empty: none",
    )
    bind: str = Field(default="127.0.0.1:8050", description="Address and port that gunicorn listens on")
    management_bind: str = Field(
        default="",
        pattern=r"^(\S+:\d+)?$",
        description="Address and port for /livez, /readyz and /metrics alone; empty: /metrics is on the other, too",
    )
    otlp_endpoint: HttpUrl | None = Field(
        default=None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="Address of a collector that gets spans, as `http://otel-collector:4318`; unset: none are made",
    )
    log_json: bool = Field(default=True, description="JSON lines; false: lines for a person")

    @property
    def management_port(self) -> int | None:
        return int(self.management_bind.rpartition(":")[2]) if self.management_bind else None

    @model_validator(mode="after")
    def _admin_is_complete(self) -> Self:
        if not self.admin_password.get_secret_value():
            return self
        if len(self.secret_key.get_secret_value()) < SHORTEST_SECRET_KEY:
            raise ValueError(
                f"OPINE_FRONTEND_ADMIN_PASSWORD needs OPINE_FRONTEND_SECRET_KEY of at least {SHORTEST_SECRET_KEY} "
                "characters, such as the output of `openssl rand -hex 32`"
            )
        if not self.admin_token.get_secret_value():
            raise ValueError("OPINE_FRONTEND_ADMIN_PASSWORD needs OPINE_FRONTEND_ADMIN_TOKEN, the reviews API's token")
        return self


@cache
def get_settings() -> Settings:
    return read_settings_or_exit(Settings, "opine-frontend")
