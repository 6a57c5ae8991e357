"""What the environment decides; nothing else in this service reads it."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Literal, Self

from charcnn.devices import DeviceChoice, Precision
from opine_common.settings import read_settings
from pydantic import AnyHttpUrl, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
_PACKAGE = Path(__file__).parent


def shipped_model_dir(package: Path = _PACKAGE) -> Path:
    """The `model` folder beside the package (a Bento) or beside `src` (a checkout); a wheel brings none."""
    in_bento, in_checkout = package.parent / "model", package.parent.parent / "model"
    return in_bento if in_bento.is_dir() else in_checkout


def default_cache_dir() -> Path:
    return Path(tempfile.gettempdir()) / "opine-models"


class Settings(BaseSettings):
    """Settings of the sentiment service, each `OPINE_SENTIMENT_<NAME>` in the environment."""

    model_config = SettingsConfigDict(env_prefix="OPINE_SENTIMENT_", frozen=True)

    # A factory, so that the path of this machine stays out of the schema.
    model_dir: Path = Field(default_factory=shipped_model_dir, description="artefact folder; default the shipped one")
    model_digest: str = Field(
        default="", pattern=r"^([0-9a-f]{64})?$", description="the artefact's digest; another one ends the start"
    )
    model_source: Literal["shipped", "image"] = Field(
        default="shipped",
        description="where the artefact folder comes from; `image`, a mounted one, pins it: no registry is followed",
    )
    registry_url: AnyHttpUrl | None = Field(
        default=None, description="reviews API whose release plan is followed; without one the artefact folder is all"
    )
    registry_poll_s: PositiveFloat = Field(default=5, description="seconds between two looks at the release plan")
    cache_dir: Path = Field(
        default_factory=default_cache_dir,
        description="folder for artefacts from the registry; default `opine-models` in the temporary folder",
    )
    engine: Literal["onnx", "torch"] = Field(default="onnx", description="`onnx` on CPU, `torch` where there is a GPU")
    device: DeviceChoice = Field(
        default="auto", description="where `torch` computes: `auto` takes a GPU if there is one, `cuda` insists on it"
    )
    precision: Precision = Field(
        default="fp32", description="`int8` is twice as fast with `onnx`, on processors with 8-bit dot products"
    )
    threads: NonNegativeInt = Field(default=0, description="compute threads; 0 takes the CPU limit")
    max_texts: PositiveInt = Field(default=1000, description="texts in a request; more is 413")
    max_characters: PositiveInt = Field(default=20_000, description="code points in a text; a longer one fails alone")
    max_body_bytes: PositiveInt = Field(default=8 * 1024**2, description="bytes in a request body; more is 413")
    upload_timeout_s: PositiveFloat = Field(
        default=30, description="seconds in which a body must have come, or the next part of a bulk one"
    )
    max_concurrency: PositiveInt = Field(default=1024, description="requests in progress; one more is 503")
    max_bulk: PositiveInt = Field(default=4, description="bulk requests in progress; one more is 503")
    max_queue_rows: PositiveInt = Field(default=2000, description="texts that wait; a request that does not fit is 429")
    timeout_s: PositiveFloat = Field(default=10, description="seconds in which a request without a header is answered")
    max_timeout_s: PositiveFloat = Field(default=60, description="seconds that a header may allow; more is cut to this")
    max_batch_rows: PositiveInt = Field(default=64, description="texts computed at once")
    max_batch_characters: PositiveInt = Field(
        default=16_384, description="characters computed at once; one text may have more"
    )
    batch_target_s: PositiveFloat = Field(default=0.05, description="seconds that a batch should take at most")
    drain_s: NonNegativeFloat = Field(
        default=0, description="seconds from SIGTERM, while not ready, in which requests are still accepted"
    )
    otlp_endpoint: AnyHttpUrl | None = Field(
        default=None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="address of a collector that gets spans, as `http://otel-collector:4318`; unset: none are made",
    )
    log_level: LogLevel = Field(default="INFO", description="least level that is logged; `DEBUG` has every request")
    log_json: bool = Field(default=True, description="JSON log lines; `false` for lines to read")

    @model_validator(mode="after")
    def _largest_request_fits_the_queue(self) -> Self:
        if self.max_queue_rows < self.max_texts:
            raise ValueError(
                f"MAX_QUEUE_ROWS ({self.max_queue_rows}) must be at least MAX_TEXTS ({self.max_texts}), "
                "or the largest request is refused for ever",
            )
        return self

    @model_validator(mode="after")
    def _pinned_version_follows_no_registry(self) -> Self:
        if self.model_source == "image" and self.registry_url is not None:
            raise ValueError("MODEL_SOURCE image pins a version, and REGISTRY_URL would replace it: leave one out")
        return self

    @model_validator(mode="after")
    def _engine_has_the_device(self) -> Self:
        if self.device == "cuda" and self.engine == "onnx":
            raise ValueError("DEVICE cuda needs ENGINE torch; onnx is for the CPU")
        if self.precision == "int8" and self.engine == "torch":
            raise ValueError("PRECISION int8 needs ENGINE onnx; torch computes in half precision on a GPU")
        return self

    @model_validator(mode="after")
    def _timeout_is_allowed(self) -> Self:
        if self.timeout_s > self.max_timeout_s:
            raise ValueError(f"TIMEOUT_S ({self.timeout_s:g}) must be at most MAX_TIMEOUT_S ({self.max_timeout_s:g})")
        return self


@cache
def get_settings() -> Settings:
    return read_settings(Settings)
