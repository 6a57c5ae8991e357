"""What the routes of /api/v1 take: paths, query strings, headers and bodies."""

import datetime as dt
from functools import cache
from typing import Annotated, Any, Literal, Self

from opine_common.prediction import Label, SignedPrediction, Stars
from opine_common.text import StorableText, require_storable, unix_line_ends
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from opine_reviews.models import RunKind
from opine_reviews.term_extraction import canonical

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Source = Annotated[str, Field(pattern=SLUG_PATTERN, max_length=50)]
BrandSlug = Annotated[str, Field(pattern=SLUG_PATTERN, max_length=100)]


def normalise_text(text: str) -> str:
    """The text as it is stored: texts that differ only in line ends or in blanks at their ends are one text."""
    return unix_line_ends(text).strip()


# A pattern rather than only a length: a text of blanks is no review.
ReviewText = Annotated[
    str,
    Field(min_length=1, max_length=20_000, pattern=r"\S", description="counted in code points, blanks at the ends cut"),
    BeforeValidator(lambda value: normalise_text(value) if isinstance(value, str) else value),
    BeforeValidator(require_storable),
]


def _refuse_other_explanations(value: object) -> object:
    if not isinstance(value, bool) and value != "words":
        raise ValueError('must be false, true or "words"')
    return value


Explain = Annotated[
    Literal[False, True, "words"],
    Field(description="true: contributions a code point; `words`: contributions a word"),
    BeforeValidator(_refuse_other_explanations),
]


class Body(BaseModel):
    """A JSON body: no conversions, and a misspelt field is an error rather than ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PredictionRequest(Body):
    text: StorableText = Field(min_length=1, max_length=20_000, examples=["Great shop!"])
    explain: Explain = False


class ReviewRequest(Body):
    brand: BrandSlug
    text: ReviewText
    stars: Stars
    prediction: SignedPrediction | None = Field(
        default=None,
        description="what the person was shown; kept only with the signature that it was answered with for this text",
    )


class ReviewHeaders(BaseModel):
    idempotency_key: str | None = Field(
        default=None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="a retry with the same key and body answers the same review",
    )


Sort = Literal["created_at", "stars", "score", "brand"]
Order = Literal["asc", "desc"]
Limit = Annotated[int, Field(ge=1, le=100)]
# Holds the longest brand name, at four bytes a character.
Cursor = Annotated[str, Field(max_length=1000, description="`next_cursor` of the page before, with the same filters")]


def _refuse_bare_number(value: object) -> object:
    # pydantic would take "5" for five seconds after 1970.
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("must be a time such as 2026-11-24T08:00:00Z")
    return value


def _in_utc(time: dt.datetime) -> dt.datetime:
    # PostgreSQL refuses offsets that RFC 3339 allows.
    try:
        return time.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("must be within the years 1 to 9999 in UTC") from None


Time = Annotated[AwareDatetime, BeforeValidator(_refuse_bare_number), AfterValidator(_in_utc)]
SearchText = Annotated[
    StorableText,
    StringConstraints(min_length=1, max_length=200),
    # For the document: what StorableText refuses, as far as a query string can hold it.
    Field(json_schema_extra={"pattern": r"^[^\x00]*$"}),
]

Term = Annotated[SearchText, AfterValidator(canonical)]


class Query(BaseModel):
    """A query string: a misspelt filter is an error, so that it cannot silently widen an answer."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401  as inherited
        """Cached: flask-openapi3 asks for it at every request, which would cost more than the validation."""
        return _json_schema(cls, args, frozenset(kwargs.items()))


@cache
def _json_schema(model: type[Query], args: tuple[Any, ...], kwargs: frozenset[tuple[str, Any]]) -> dict[str, Any]:
    return super(Query, model).model_json_schema(*args, **dict(kwargs))


class ReviewFilters(Query):
    brand: BrandSlug | None = None
    term: Term | None = Field(
        default=None, description="of the terms of `brand`, which must be given: reviews that say it"
    )
    stars: Stars | None = None
    label: Label | None = None
    q: SearchText | None = Field(default=None, description="occurs in the text, upper and lower case alike")
    since: Time | None = Field(default=None, description="created then or later")
    until: Time | None = Field(default=None, description="created before")

    @field_validator("term")
    @classmethod
    def _is_of_a_brand(cls, term: str | None, others: ValidationInfo) -> str | None:
        if term is not None and others.data.get("brand") is None:
            raise ValueError("needs brand: terms are those of one brand's reviews")
        return term


class ReviewListQuery(ReviewFilters):
    sort: Sort = Field(default="created_at", description="a review without a prediction counts as below every score")
    order: Order = "desc"
    limit: Limit = 20
    cursor: Cursor | None = None


class ExportQuery(ReviewFilters):
    sort: Sort = "created_at"
    order: Order = "desc"
    bom: bool = Field(default=False, description="begin with a byte order mark, by which Excel knows UTF-8")


class BrandListQuery(Query):
    q: SearchText | None = Field(default=None, description="occurs in the name")
    sector: SearchText | None = None
    limit: Limit = 20
    cursor: Cursor | None = None

    @model_validator(mode="after")
    def _strip(self) -> Self:
        if self.q is not None:
            self.q = self.q.strip() or None
        return self


class TermsQuery(Query):
    limit: Annotated[int, Field(ge=1, le=20)] = 10


class TrendQuery(Query):
    weeks: Annotated[int, Field(ge=1, le=520, description="the last so many at most")] = 520


class RandomBrandQuery(Query):
    exclude: StorableText | None = Field(default=None, max_length=100, description="slug of a brand not to answer")


class ScrapedReviewFilters(Query):
    brand: BrandSlug | None = None
    stars: Stars | None = None
    source: Source | None = Field(default=None, description="such as `trustpilot`")


class ScrapedReviewQuery(ScrapedReviewFilters):
    limit: Limit = 20
    cursor: Cursor | None = None


class ScrapeRunQuery(Query):
    kind: RunKind | None = None
    limit: Limit = 20
    cursor: Cursor | None = None


class BrandPath(BaseModel):
    slug: str = Field(description="such as `nike`")


class ReviewPath(BaseModel):
    id: int = Field(ge=1, le=2**63 - 1)
