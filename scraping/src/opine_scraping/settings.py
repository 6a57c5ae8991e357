import sys
from functools import cache
from pathlib import Path
from typing import Annotated

from opine_common.settings import SettingsError, read_settings
from pydantic import AnyHttpUrl, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from opine_scraping.companies import Shard

PREFIX = "OPINE_SCRAPING_"

Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseSettings):
    """The environment of the scraping; nothing else reads it. Names carry the prefix `OPINE_SCRAPING_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    site_url: AnyHttpUrl | None = Field(
        default=None, description="the site, without a path; none is built in: whether it may be read is yours to know"
    )
    contact: str = Field(
        default="",
        description="mail or web address in the user agent; without one only this machine's own sites are read",
    )
    state_dir: Path = Field(default=Path(".local/scraping"), description="progress, reports and saved copies")
    output_dir: Path | None = Field(
        default=None, description="CSV or Parquet files; unset: `output` in the state folder"
    )
    database_url: SecretStr | None = Field(
        default=None, description="`postgresql+psycopg2://...` of the scraping's own role, for the database output"
    )

    delay_s: float = Field(default=2.0, ge=0, description="least time between two requests; a longer Crawl-delay wins")
    max_delay_s: float = Field(
        default=60.0, gt=0, description="longest time that the throttle waits between two requests"
    )
    throttle: bool = Field(
        default=True, description="false: no delay and no throttle; only for this machine's own sites"
    )
    timeout_s: float = Field(default=60.0, gt=0, description="waiting for a page")
    retries: int = Field(default=2, ge=0, le=10, description="after a network error or a status of 500 and above")
    wait_s: float = Field(default=60.0, ge=0, description="wait after 429 without a usable Retry-After")
    longest_wait_s: float = Field(default=600.0, ge=0, description="a longer Retry-After ends the run as blocked")
    waits: int = Field(default=3, ge=0, le=10, description="waits for one page, before 429 ends the run as blocked")

    max_page_error_share: Share = Field(default=0.05, description="share of pages with errors above which a run failed")
    max_card_error_share: Share = Field(
        default=0.01, description="share of unreadable entries above which a run failed"
    )
    min_fill_share: Share = Field(
        default=0.5, description="share of reviews with a value, below which a field is taken for renamed: a run failed"
    )
    saved_copies: int = Field(
        default=50, ge=0, description="redacted copies of unreadable pages that a run keeps at most"
    )

    csv_bom: bool = Field(default=False, description="begin CSV files with a byte order mark, which Excel wants")

    cache_dir: Path | None = Field(default=None, description="keep read pages, without names; unset: no cache")
    cache_hours: float = Field(default=24.0, gt=0, description="age from which a kept page is fetched again")

    shards: int = Field(default=1, ge=1, description="parts that a crawl is split into")
    shard_index: int = Field(
        default=0,
        ge=0,
        validation_alias="JOB_COMPLETION_INDEX",
        description="this part, from 0; set by a Kubernetes Indexed Job",
    )

    chromium: Path = Field(default=Path("/usr/bin/chromium"), description="the browser of discover")
    chromedriver: Path = Field(default=Path("/usr/bin/chromedriver"), description="its driver")
    browser_sandbox: bool = Field(
        default=True, description="false: Chromium without its own sandbox, as it needs as root and in most containers"
    )
    fill_timeout_s: float = Field(default=20.0, gt=0, description="waiting for scripts to fill a list")

    log_json: bool = Field(default=True, description="JSON lines; false: lines for a person")

    @field_validator("site_url")
    @classmethod
    def _without_path(cls, url: AnyHttpUrl | None) -> AnyHttpUrl | None:
        if url is not None and (url.path not in {None, "", "/"} or url.query or url.fragment or url.username):
            raise ValueError("give scheme and host only, such as https://www.example.org")
        return url

    @field_validator("contact")
    @classmethod
    def _reachable(cls, contact: str) -> str:
        if contact and (not contact.isprintable() or ("@" not in contact and "://" not in contact)):
            raise ValueError("give a mail or web address at which the site's operator reaches you")
        return contact

    @property
    def shard(self) -> Shard:
        return Shard(self.shard_index + 1, self.shards)


@cache
def get_settings() -> Settings:
    """Those of this process; a wrong one ends it with a sentence."""
    # Here and not in `main`: Scrapy's own command line and shell come here without it.
    try:
        settings = read_settings(Settings)
        _ = settings.shard
    except SettingsError as error:
        sys.stderr.write(f"opine_scraping: {error}\n")
        sys.exit(2)
    except ValueError as error:
        sys.stderr.write(f"opine_scraping: JOB_COMPLETION_INDEX and {PREFIX}SHARDS disagree: {error}\n")
        sys.exit(2)
    return settings
