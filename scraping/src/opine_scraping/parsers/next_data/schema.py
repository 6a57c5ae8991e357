"""The parts of today's JSON that are read; everything else is ignored."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

NonEmpty = Annotated[str, Field(min_length=1)]


class _Read(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, alias_generator=to_camel, populate_by_name=True
    )


class Breadcrumb(_Read):
    top_level_display_name: str | None = None
    bottom_level_display_name: str | None = None


class BusinessUnit(_Read):
    identifying_name: NonEmpty
    display_name: NonEmpty
    website_url: str | None = None
    profile_image_url: str | None = None
    breadcrumb: Breadcrumb | None = None


class Verification(_Read):
    is_verified: bool | None = None


class Labels(_Read):
    verification: Verification | None = None


class Dates(_Read):
    published_date: AwareDatetime


class Consumer(_Read):
    display_name: str = ""
    country_code: str | None = None


class Reply(_Read):
    message: str


class Review(_Read):
    id: NonEmpty
    rating: Annotated[int, Field(ge=1, le=5, strict=True)]
    title: str | None = None
    text: str | None = None
    labels: Labels | None = None
    dates: Dates
    consumer: Consumer | None = None
    reply: Reply | None = None
    language: str | None = None


class Pagination(_Read):
    current_page: int = Field(ge=1)
    per_page: int = Field(ge=1)
    total_count: int = Field(ge=0)
    total_pages: int = Field(ge=0)


class Filters(_Read):
    pagination: Pagination


class Contact(_Read):
    website: str | None = None


class Business(_Read):
    """A company in a listing."""

    identifying_name: NonEmpty
    display_name: NonEmpty
    logo_url: str | None = None
    contact: Contact | None = None
