"""What a page says, and what is said of a run. No field holds a reviewer's name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Kind = Literal["discover", "crawl"]
Outcome = Literal["completed", "blocked", "failed", "interrupted"]
NonEmpty = Annotated[str, StringConstraints(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CompanyItem(_Frozen):
    source: NonEmpty
    """The site, such as `trustpilot`."""
    company: NonEmpty
    """The identifying name in the site's addresses, such as `bt.com`."""
    name: NonEmpty
    website: str | None = None
    logo: str | None = None
    category: str | None = None
    sub_category: str | None = None
    source_url: NonEmpty
    read_at: AwareDatetime
    parser: NonEmpty
    """Name and version of the parser, such as `next-data/1`."""


class ReviewItem(_Frozen):
    source: NonEmpty
    source_review_id: NonEmpty
    """The page's own; where a card has none, a hash of company, date and text."""
    company: NonEmpty
    text: str
    """Empty where the page shows stars and a title only."""
    title: str | None = None
    stars: Annotated[int, Field(ge=1, le=5)]
    reviewed_at: AwareDatetime
    """UTC, with the markup's precision: midnight where the page gives a day."""
    language: str | None = None
    country: str | None = None
    verified: bool | None = None
    reply: str | None = None
    """The company's answer, with the reviewer's name taken out."""
    source_url: NonEmpty
    """The page that it was read on."""
    read_at: AwareDatetime
    parser: NonEmpty


Item = ReviewItem | CompanyItem


class RunStart(_Frozen):
    run_id: NonEmpty
    """A random UUID as text."""
    kind: Kind
    started_at: AwareDatetime
    parsers: tuple[str, ...]
    """All parsers that this run may choose from, with their versions."""
    arguments: dict[str, str]


class PageError(_Frozen):
    url: str
    reason: str
    saved_copy: str | None = None
    """File with the page's structure, its words masked; None where there was no page."""


class RunReport(_Frozen):
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
