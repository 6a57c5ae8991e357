"""Filters of the API's lists, as query parameters."""

from dataclasses import dataclass
from typing import Literal

SortField = Literal["created_at", "stars", "score", "brand"]
Order = Literal["asc", "desc"]


@dataclass(frozen=True, kw_only=True)
class ReviewQuery:
    brand: str = ""
    stars: str = ""
    label: str = ""
    q: str = ""
    sort: SortField = "created_at"
    order: Order = "desc"
    limit: int = 20
    cursor: str = ""

    def parameters(self) -> dict[str, str]:
        return _filled(vars(self))

    def filters(self) -> dict[str, str]:
        """Without paging, for an export of all that the filters let through."""
        return _filled({key: value for key, value in vars(self).items() if key not in {"limit", "cursor"}})


@dataclass(frozen=True, kw_only=True)
class BrandQuery:
    q: str = ""
    sector: str = ""
    limit: int = 24
    cursor: str = ""

    def parameters(self) -> dict[str, str]:
        return _filled(vars(self))


@dataclass(frozen=True, kw_only=True)
class ScrapedReviewQuery:
    brand: str
    limit: int = 20
    cursor: str = ""

    def parameters(self) -> dict[str, str]:
        return _filled(vars(self))


def _filled(fields: dict[str, object]) -> dict[str, str]:
    return {key: str(value) for key, value in fields.items() if value != ""}
