from flask import Flask, Response, request

_YEAR = "public, max-age=31536000, immutable"


def keep_static_files(server: Flask) -> None:
    """Let browsers keep files whose address changes with their content (Dash adds `?m=` and its time)."""

    @server.after_request
    def keep(response: Response) -> Response:
        if request.path.startswith("/assets/") and "m" in request.args and response.status_code == 200:  # noqa: PLR2004
            response.headers["Cache-Control"] = _YEAR
        return response
