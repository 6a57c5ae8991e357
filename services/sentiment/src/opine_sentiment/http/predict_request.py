"""From bytes to texts, or to a message that names the field at fault."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from opine_sentiment.http.problems import Problem
from opine_sentiment.json_input import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELDS = ("texts", "explain")


@dataclass(frozen=True, slots=True)
class PredictRequest:
    texts: list[str]
    """May hold lone surrogates: JSON can spell them."""
    explain: bool


def parse_predict_request(body: bytes, max_texts: int) -> PredictRequest:
    """Check a body against the contract.

    By hand, not by pydantic: it would refuse a whole request for one text with a lone surrogate.

    Raises:
        Problem: 422, malformed; 413, too many texts.
    """
    fields = _json_object(body)
    unknown = next((name for name in fields if name not in _FIELDS), None)
    if unknown is not None:
        raise _malformed(_printable(unknown), f"is not known; there are {' and '.join(_FIELDS)}")
    if "texts" not in fields:
        raise _malformed("texts", "is missing")
    texts, explain = fields["texts"], fields.get("explain", False)
    if not isinstance(texts, list):
        raise _malformed("texts", "must be a list of strings")
    if not isinstance(explain, bool):
        raise _malformed("explain", "must be true or false")
    if len(texts) > max_texts:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"texts holds {len(texts)} texts; a request may hold {max_texts}",
        )
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise _malformed(f"texts[{index}]", "must be a string")
    return PredictRequest(texts, explain)


def parse_explain(query: Mapping[str, str]) -> bool:
    """The query of a bulk request.

    Raises:
        Problem: 422, neither true nor false, or a parameter that is not known.
    """
    unknown = next((name for name in query if name != "explain"), None)
    if unknown is not None:
        raise _malformed(_printable(unknown), "is not known; there is explain")
    explain = query.get("explain", "false")
    if explain not in ("true", "false"):
        raise _malformed("explain", "must be true or false")
    return explain == "true"


def _json_object(body: bytes) -> dict[str, object]:
    try:
        fields = parse_json(body)
    except (ValueError, RecursionError) as error:
        raise _malformed("body", f"is not JSON: {_printable(str(error))}") from None
    if not isinstance(fields, dict):
        raise _malformed("body", 'must be a JSON object like {"texts": ["..."]}')
    return fields


def _malformed(field: str, what: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{field} {what}", field=field)


def _printable(text: str) -> str:
    """A short form of a caller's text that can be answered as UTF-8."""
    return text[:100].encode("utf-8", "backslashreplace").decode()
