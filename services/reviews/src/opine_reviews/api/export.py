from collections.abc import Iterator

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from opine_reviews.admin import require_admin
from opine_reviews.api.answers import problems
from opine_reviews.csv_export import header_line, review_lines
from opine_reviews.listing import ListedReview, list_reviews
from opine_reviews.schemas.queries import ExportQuery
from opine_reviews.services import Services, services

export = APIBlueprint("export", __name__, url_prefix="/api/v1")

_PAGE = 1000


@export.get(
    "/reviews.csv",
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        **problems(401, 403, 422, 503),
    },
    security=[{"admin": []}],
)
def export_reviews(query: ExportQuery) -> Response:
    """All reviews that the filters leave, as CSV."""
    require_admin()
    # The first page is read before the answer begins, so that a failing database is still a 503.
    first = _page(services(), query, None)
    return Response(
        _stream(services(), query, *first),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="reviews.csv"'},
    )


def _stream(own: Services, query: ExportQuery, rows: list[ListedReview], cursor: str | None) -> Iterator[str]:
    """Page after page, each in its own short transaction: a slow reader holds no connection.

    An error here breaks the answer off without its last chunk, which the reader's HTTP client reports.
    """
    yield header_line()
    yield review_lines(rows)
    while cursor is not None:
        rows, cursor = _page(own, query, cursor)
        yield review_lines(rows)


def _page(own: Services, query: ExportQuery, cursor: str | None) -> tuple[list[ListedReview], str | None]:
    with own.database.transaction() as session:
        return list_reviews(session, own.cursors, query, sort=query.sort, order=query.order, limit=_PAGE, cursor=cursor)
