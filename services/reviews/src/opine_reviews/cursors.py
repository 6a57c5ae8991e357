"""Opaque page cursors: the last row's sort key and id, bound by a MAC to the query that they continue."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import TypeVarTuple

from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from opine_reviews.problems import FieldError, Problem

_MAC_BYTES = 12

Columns = TypeVarTuple("Columns")


class CursorCodec:
    """Writes and reads cursors.

    The MAC covers the query (filters, sort, order) without storing it, so that a cursor cannot be changed, nor carried
    over to another query, where its key would mean nothing.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"opine-reviews page cursor", "sha256")

    def encode(self, query: str, key: str | float, row_id: int) -> str:
        payload = json.dumps([key, row_id], ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(query, payload) + payload).rstrip(b"=").decode()

    def decode(self, query: str, cursor: str) -> tuple[str | float, int]:
        """The last row's sort key and id.

        Raises:
            Problem: 422, if this service did not write the cursor for this query.
        """
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise _refused() from None
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(query, payload)):
            raise _refused()
        key, row_id = json.loads(payload)
        return key, row_id

    def _mac(self, query: str, payload: bytes) -> bytes:
        message = hashlib.sha256(query.encode()).digest() + payload
        return hmac.digest(self._key, message, "sha256")[:_MAC_BYTES]


def read_page(
    session: Session, statement: Select[*Columns], limit: int, cursor_of: Callable[[Row[*Columns]], str]
) -> tuple[list[Row[*Columns]], str | None]:
    """The statement's first `limit` rows and the cursor after them, None if there are no more."""
    rows = list(session.execute(statement.limit(limit + 1)))
    page = rows[:limit]
    return page, cursor_of(page[-1]) if len(rows) > limit else None


def _refused() -> Problem:
    message = "not a cursor of this query: ask again without cursor, with the same filters for each page"
    return Problem(422, message, kind="invalid-cursor", errors=[FieldError(field="cursor", message=message)])
