from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

_YEAR = "public, max-age=31536000, immutable"


def keep_static_files(server: Flask) -> None:
    """Let browsers keep files whose address changes with their content (Dash adds `?m=` and its time)."""

    @server.get("/favicon.ico")
    def favicon() -> WerkzeugResponse:
        return redirect("/assets/favicon.svg", 301)

    @server.after_request
    def keep(response: Response) -> Response:
        if request.path.startswith("/assets/") and "m" in request.args and response.status_code == 200:  # noqa: PLR2004
            response.headers["Cache-Control"] = _YEAR
        return response
