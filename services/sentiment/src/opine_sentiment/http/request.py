"""From bytes to texts, or to a message that names the field at fault; never more in memory than allowed."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson
from opine_common.deadlines import HEADER as TIMEOUT_HEADER
from opine_common.deadlines import parse_timeout
from opine_common.problems import Problem

from opine_sentiment.http.errors import malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from opine_sentiment.schemas import Explain
    from opine_sentiment.settings import Settings

_FIELDS = ("texts", "explain")


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A body that keeps to the contract."""

    texts: list[str]
    """May hold lone surrogates: JSON can spell them."""
    explain: Explain


async def read_body(request: Request, max_bytes: int, timeout_s: float) -> bytes:
    """Read up to `max_bytes` in `timeout_s` seconds.

    Of a body that is longer, as much again is read and thrown away: most clients send all of it before they look at
    the answer, and would see a broken connection instead of the 413.

    Raises:
        Problem: 413, the body is larger; 408, it did not come in time.
        starlette.requests.ClientDisconnect: the client left.
    """
    # Who announces so much is refused before it sends any of it.
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > 2 * max_bytes:
        raise _too_large(max_bytes)
    try:
        async with asyncio.timeout(timeout_s):
            return await _read(request, max_bytes)
    except TimeoutError:
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            f"the body did not arrive within {timeout_s:g} s",
            headers={"Connection": "close"},
        ) from None


def read_deadline(header: str | None, settings: Settings) -> float:
    """When a request that comes now must be answered, on the clock `time.monotonic`.

    Args:
        header: seconds as the caller wrote them, such as `0.25`; None where there is no header.
        settings: what holds without a header, and the most that one may ask for.

    Raises:
        Problem: 422, no positive number.
    """
    if header is None:
        return time.monotonic() + settings.timeout_s
    try:
        seconds = parse_timeout(header)
    except ValueError as error:
        raise malformed(TIMEOUT_HEADER, str(error)) from None
    return time.monotonic() + min(seconds, settings.max_timeout_s)


def parse_predict_request(body: bytes, max_texts: int) -> ParsedRequest:
    """Check a body against the contract.

    By hand, not by pydantic: it would refuse a whole request for one text with a lone surrogate.

    Raises:
        Problem: 422, malformed; 413, too many texts.
    """
    fields = _json_object(body)
    unknown = next((name for name in fields if name not in _FIELDS), None)
    if unknown is not None:
        raise malformed(_printable(unknown), f"is not known; there are {' and '.join(_FIELDS)}")
    if "texts" not in fields:
        raise malformed("texts", "is missing")
    texts = fields["texts"]
    if not isinstance(texts, list):
        raise malformed("texts", "must be a list of strings")
    # By identity: `in (True, False)` would take 1 and 0, too.
    explain = fields.get("explain", False)
    if explain is not True and explain is not False and explain != "words":
        raise malformed("explain", 'must be true, false or "words"')
    if len(texts) > max_texts:
        raise too_many_texts(len(texts), max_texts)
    # Last: only now is their number bounded.
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise malformed(f"texts[{index}]", "must be a string")
    return ParsedRequest(texts, explain)


def too_many_texts(texts: int, max_texts: int) -> Problem:
    """A 413 that says how many texts there are and how many there may be."""
    detail = f"texts holds {texts} texts; a request may hold {max_texts}"
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def parse_explain(query: Mapping[str, str]) -> Explain:
    """The query of a bulk request.

    Raises:
        Problem: 422, none of the values, or a parameter that is not known.
    """
    unknown = next((name for name in query if name != "explain"), None)
    if unknown is not None:
        raise malformed(_printable(unknown), "is not known; there is explain")
    match query.get("explain", "false"):
        case "words":
            return "words"
        case "true" | "false" as explain:
            return explain == "true"
        case _:
            raise malformed("explain", "must be true, false or words")


def parse_json(content: bytes) -> object:
    """Three times as fast as `json.loads`, and as tolerant: lone surrogates, for one, are the text's matter.

    Raises:
        ValueError: no JSON.
        RecursionError: nested too deeply.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        # Once more by the tolerant one. Only requests that are wrong or rare pay for it.
        parsed: object = json.loads(content)
        return parsed


async def _read(request: Request, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= max_bytes:
            chunks.append(chunk)
        else:
            chunks.clear()  # what is thrown away takes no memory
            if size > 2 * max_bytes:
                break
    if size > max_bytes:
        raise _too_large(max_bytes)
    return b"".join(chunks)


def _too_large(max_bytes: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body is larger than {max_bytes} bytes; send fewer or shorter texts",
        headers={"Connection": "close"},
    )


def _json_object(body: bytes) -> dict[str, object]:
    try:
        fields = parse_json(body)
    except (ValueError, RecursionError) as error:
        raise malformed("body", f"is not JSON: {_printable(str(error))}") from None
    if not isinstance(fields, dict):
        raise malformed("body", 'must be a JSON object like {"texts": ["..."]}')
    return fields


def _printable(text: str) -> str:
    """A short form of a caller's text that can be answered as UTF-8."""
    return text[:100].encode("utf-8", "backslashreplace").decode()
