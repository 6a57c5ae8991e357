"""What a page says, and what is said of a run.

No field holds a reviewer's name. What a page says is bounded and checked here: a value that is none is a
ValidationError, which costs its entry and nothing else.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from opine_common.text import replace_unstorable
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

Kind = Literal["discover", "crawl"]
Outcome = Literal["completed", "blocked", "failed", "interrupted"]
NonEmpty = Annotated[str, StringConstraints(min_length=1)]

_FIRST_DAY = dt.datetime(1995, 1, 1, tzinfo=dt.UTC)  # no site had reviews before
_CLOCKS_DIFFER = dt.timedelta(days=1)  # a day that has begun elsewhere may be tomorrow here


# NUL, which PostgreSQL does not store, and half surrogates, which no file in UTF-8 holds.
def _without_damage(value: object) -> object:
    return replace_unstorable(value) if isinstance(value, str) else value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be printable")
    return value


def _one_path_part(value: str) -> str:
    if "/" in value or "\\" in value or value in {".", ".."}:
        raise ValueError("must be one part of a path")
    return value


def _address(value: str) -> str:
    if urlsplit(value).hostname is None:
        raise ValueError("must have a host")
    return value


def _known(value: object) -> object:
    # Pages have empty fields where a reviewer has no country.
    return None if value == "" else value


# Bounds are far above what pages hold, and far below what would fill a memory or a column: a site is not trusted.
Words = Annotated[str, BeforeValidator(_without_damage), StringConstraints(max_length=100_000)]
Line = Annotated[str, BeforeValidator(_without_damage), StringConstraints(max_length=2_000)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_printable)]
CompanyKey = Annotated[Identifier, AfterValidator(_one_path_part)]
WebAddress = Annotated[
    str, StringConstraints(pattern="^https?://", max_length=2_000), AfterValidator(_printable), AfterValidator(_address)
]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Country = Annotated[str, StringConstraints(pattern="^[A-Za-z]{2,3}$")]


class _Frozen(BaseModel):
    # Errors without the input: they are logged, and the input may be what a reviewer wrote.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CompanyItem(_Frozen):
    """What a page says of a company."""

    source: NonEmpty
    """The site, such as `trustpilot`."""
    company: CompanyKey
    """The identifying name in the site's addresses, such as `bt.com`."""
    name: Annotated[Line, Field(min_length=1)]
    website: Line | None = None
    logo: WebAddress | None = None
    category: Line | None = None
    sub_category: Line | None = None
    source_url: WebAddress
    read_at: AwareDatetime
    parser: NonEmpty
    """Name and version of the parser, such as `next-data/1`."""


class ReviewItem(_Frozen):
    """What a page says of a review; its reviewer is not part of it."""

    source: NonEmpty
    source_review_id: Identifier
    """The page's own; where a card has none, a hash of company, date and text."""
    company: CompanyKey
    text: Words
    """Empty where the page shows stars and a title only."""
    title: Line | None = None
    stars: Annotated[int, Field(ge=1, le=5)]
    reviewed_at: AwareDatetime
    """UTC, with the markup's precision: midnight where the page gives a day."""
    language: Annotated[Language | None, BeforeValidator(_known)] = None
    country: Annotated[Country | None, BeforeValidator(_known)] = None
    verified: bool | None = None
    reply: Words | None = None
    """The company's answer, with the reviewer's name taken out."""
    source_url: WebAddress
    """The page that it was read on."""
    read_at: AwareDatetime
    parser: NonEmpty
    shows_reviewer: Annotated[bool, Field(exclude=True)] = True
    """Whether the page named somebody where it always did; not kept."""

    @model_validator(mode="after")
    def _was_written_before_it_was_read(self) -> Self:
        if not _FIRST_DAY <= self.reviewed_at <= self.read_at + _CLOCKS_DIFFER:
            raise ValueError("reviewed_at must be between 1995 and the day of reading")
        return self


Item = ReviewItem | CompanyItem


class RunStart(_Frozen):
    """What is known of a run when it begins."""

    run_id: NonEmpty
    """A random UUID as text."""
    kind: Kind
    started_at: AwareDatetime
    parsers: tuple[str, ...]
    """All parsers that this run may choose from, with their versions."""
    arguments: dict[str, str]


class PageError(_Frozen):
    """A page, or an entry of it, that could not be read."""

    url: str
    reason: str
    saved_copy: str | None = None
    """File with the page's structure, its words redacted; None where there was no page."""


class RunReport(_Frozen):
    """How a run ended, as it stands in its report and in the database."""

    run_id: NonEmpty
    kind: Kind
    started_at: AwareDatetime
    ended_at: AwareDatetime
    outcome: Outcome
    exit_code: int
    pages: int
    items: int
    """Reviews and companies read, also those that were known already."""
    new_items: int
    duplicates: int
    """Read and known already, to the output or from an earlier page of this crawl."""
    rejected: dict[str, int]
    """Number of errors by reason."""
    errors: tuple[PageError, ...]
    """The first of them; `rejected` counts all."""
