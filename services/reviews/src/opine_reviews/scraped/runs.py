"""The runs of the scraping."""

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from opine_reviews.cursors import CursorCodec, read_page
from opine_reviews.scraped.models import RunKind, ScrapeRun


def list_runs(
    session: Session, codec: CursorCodec, *, kind: RunKind | None, limit: int, cursor: str | None
) -> tuple[list[ScrapeRun], str | None]:
    """One page, last started first, and the cursor of the next.

    Raises:
        Problem: 422 for a cursor that is not of this query.
    """
    query = json.dumps(["scrape-runs", kind])
    statement = select(ScrapeRun).order_by(ScrapeRun.id.desc())
    if kind is not None:
        statement = statement.where(ScrapeRun.kind == kind)
    if cursor is not None:
        _, row_id = codec.decode(query, cursor)
        statement = statement.where(ScrapeRun.id < row_id)
    rows, following = read_page(session, statement, limit, lambda row: codec.encode(query, "", row[0].id))
    return [run for (run,) in rows], following
