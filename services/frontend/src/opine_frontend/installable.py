"""What lets a browser install the page as an app: a manifest, and a worker with a page for when it is offline."""

import hashlib
from functools import cache
from html import escape
from pathlib import Path

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import NotFound

from opine_frontend.routing import link

_FOLDER = Path(__file__).parent / "offline"
_TYPES = {
    "service_worker.js": "text/javascript",
    "page.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
}

# As in assets/css/01_tokens.css.
THEME_COLORS = {"light": "#f4f7f5", "dark": "#101513"}

_ICONS = (
    ("favicon.svg", "any", "image/svg+xml", "any"),
    ("app_icons/any-192.png", "192x192", "image/png", "any"),
    ("app_icons/any-512.png", "512x512", "image/png", "any"),
    ("app_icons/maskable-512.png", "512x512", "image/png", "maskable"),
)


def register_installable(server: Flask) -> None:
    @server.get("/manifest.webmanifest")
    def manifest() -> Response:
        answer = jsonify(
            name="Opine",
            short_name="Opine",
            description="Review a brand and watch the sentiment of your words while you type.",
            id=link("/"),
            start_url=link("/"),
            scope=link("/"),
            display="standalone",
            background_color=THEME_COLORS["light"],
            theme_color=THEME_COLORS["light"],
            icons=[
                {"src": link(f"/assets/{file}"), "sizes": sizes, "type": media_type, "purpose": purpose}
                for file, sizes, media_type, purpose in _ICONS
            ],
            shortcuts=[{"name": "Brands", "url": link("/brands")}],
        )
        answer.mimetype = "application/manifest+json"
        return answer

    @server.get("/service-worker.js")
    def service_worker() -> Response:
        # At the root, because a worker serves only what is below its own address.
        return _file("service_worker.js")

    @server.get("/offline/<name>")
    def offline(name: str) -> Response:
        return _file(name)


def _file(name: str) -> Response:
    if name not in _TYPES:
        raise NotFound
    text = (_FOLDER / name).read_text("utf-8")
    filled = text.replace("{prefix}", escape(request.script_root)).replace("{version}", _version())
    answer = Response(filled, mimetype=_TYPES[name])
    # A browser that kept an old worker would keep it for good.
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@cache
def _version() -> str:
    """Of all the files together: a browser asks for them again where the worker that names it has changed."""
    return hashlib.sha256(b"".join((_FOLDER / name).read_bytes() for name in _TYPES)).hexdigest()[:12]
