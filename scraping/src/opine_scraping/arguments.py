"""What a run is told: the options of our commands and, under the same names, the `-a` arguments of the spiders.

What is read and where it goes stands here; how politely, and who asks, are settings in the environment.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from opine_scraping.companies import is_company
from opine_scraping.issues import UsageError

OutputKind = Literal["csv", "parquet", "database"]


def _split(value: object) -> object:
    """Scrapy's `-a company=a.example,b.example` is one text."""
    return tuple(value.split(",")) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]


# pydantic and not tyro's dataclasses: Scrapy gives a spider its arguments as texts, which must become these types.
class _Arguments(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    max_pages: int | None = None

    def check(self) -> None:
        """Raises UsageError with the option that is wrong."""
        # Not a validator: what pydantic says of a field is no sentence about an option.
        if self.max_pages is not None and self.max_pages < 1:
            raise UsageError("--max-pages must be 1 or more")


class DiscoverArguments(_Arguments):
    """Of `discover` and of the spider `companies`."""

    site: str | None = None
    """Scheme and host, such as https://www.example.org; given here or as OPINE_SCRAPING_SITE_URL."""
    only: Names = ()
    """Names of categories or sub-categories; none: all."""
    output: OutputKind = "csv"
    """csv and parquet write files, database the app's tables."""
    path: Path | None = None
    """Folder of the files; default OPINE_SCRAPING_OUTPUT_DIR."""
    max_pages: int | None = None
    """Most pages of one sub-category."""
    start_over: bool = False
    """Forget how far an unfinished run came."""


class CrawlArguments(_Arguments):
    """Of `crawl` and of the spider `reviews`."""

    site: str | None = None
    """Scheme and host, such as https://www.example.org; given here or as OPINE_SCRAPING_SITE_URL."""
    company: Names = ()
    """Names as in the site's addresses, such as example.org."""
    companies: Path | None = None
    """CSV with a column `company` or `company_url`, as discover writes it."""
    output: OutputKind = "parquet"
    """csv has the columns of 2019, parquet partitions for training, database the app's tables."""
    path: Path | None = None
    """Folder of the files; default OPINE_SCRAPING_OUTPUT_DIR. A shard writes into a folder of its own in it."""
    languages: str = "all"
    """`all`, or one language such as `en`."""
    until_known: bool = False
    """Stop at a company's first page that holds nothing new, if it was once read to its end: for every night."""
    max_pages: int | None = None
    """Most pages of one company."""
    max_companies: int | None = None
    """Most companies."""
    shard: str | None = None
    """A part of the companies, such as 3/8; default by OPINE_SCRAPING_SHARDS and JOB_COMPLETION_INDEX."""
    start_over: bool = False
    """Forget how far an unfinished round came."""

    def check(self) -> None:
        super().check()
        if not re.fullmatch("all|[a-z]{2,3}", self.languages):
            raise UsageError(f"--languages must be `all` or one code such as `en`, not {self.languages!r}")
        for name in self.company:
            if not is_company(name):
                raise UsageError(f"--company must be a name as in the site's addresses, not {name!r}")
