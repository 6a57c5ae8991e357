"""A Flask application as our services are served, for the tests beside it."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import BoundedSemaphore

from flask import Flask, Response, request
from opine_common.web import arrival, instrument
from opine_common.wsgi_bridge import Limits, WsgiBridge

THREADS = 4
SHARE = 2
BODY_BYTES = 100_000
LARGE_BODY_BYTES = 5_000_000

flask_app = Flask("served")
flask_app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES


@flask_app.get("/page")
def page() -> str:
    return "x" * 2048


@flask_app.post("/length")
def length() -> str:
    return str(len(request.get_data()))


@flask_app.post("/archive")
def archive() -> str:
    request.max_content_length = LARGE_BODY_BYTES
    return str(len(request.get_data()))


@flask_app.get("/environ")
def environ() -> dict[str, str]:
    return {name: str(value) for name, value in request.environ.items() if isinstance(value, str)}


@flask_app.get("/waited")
def waited() -> str:
    return str(time.monotonic() - arrival(request.environ))


@flask_app.get("/hang/<path:released>")
def hang(released: str) -> str:
    while not Path("/", released).exists():
        time.sleep(0.05)
    return "released"


_places = BoundedSemaphore(SHARE)


@flask_app.get("/share")
def share() -> tuple[str, int]:
    """Refuses at once who finds all places taken; the others hang until the file is there, if one is named."""
    if not _places.acquire(blocking=False):
        return "all places are taken", 503
    try:
        time.sleep(0.05)
        while not Path(request.args.get("released", "/")).exists():
            time.sleep(0.05)
    finally:
        _places.release()
    return "shared", 200


@flask_app.get("/rows/<int:number>")
def rows(number: int) -> Response:
    def stream() -> Iterator[bytes]:
        for row in range(number):
            yield f"{row}\n".encode().ljust(1000)

    return Response(stream(), mimetype="text/csv")


@flask_app.get("/large")
def large() -> bytes:
    return b"y" * 1_500_000


@flask_app.get("/broken")
def broken() -> str:
    raise RuntimeError


instrument(flask_app, "served")
app = WsgiBridge(
    flask_app,
    "served",
    Limits(
        threads=THREADS,
        shares={"/share": SHARE},
        body_bytes=BODY_BYTES,
        large_body_bytes={"/archive": LARGE_BODY_BYTES},
        may_send_large=lambda authorization: authorization == "Bearer archivist",
        receive_s=2.0,
        queue_s=1.0,
        stall_s=2.0,
    ),
)
