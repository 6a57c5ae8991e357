"""The HTML that every page starts with."""

from html import escape

from dash import Dash
from flask import request

from opine_frontend.pages.titles import title_of
from opine_frontend.routes import match

COLOR_SCHEME_SCRIPT = "js/color_scheme.js"

_TEMPLATE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="description" content="Review a brand and watch the sentiment of your words while you type.">
    <title>{title}</title>
    <link rel="icon" type="image/svg+xml" href="{favicon}">
    <script src="{color_scheme}"></script>
    {css}
  </head>
  <body>
    <noscript><p class="boot-note">Opine reads your words as you type: it needs JavaScript.</p></noscript>
    <div id="react-entry-point"><div class="boot" role="status"><span class="boot-mark"></span>Opening Opine</div></div>
    <footer class="boot-scripts">{config}{scripts}{renderer}</footer>
  </body>
</html>
"""


class OpineDash(Dash):
    def interpolate_index(  # type: ignore[override]
        self, css: str = "", config: str = "", scripts: str = "", renderer: str = "", **_: str
    ) -> str:
        """Fill the page; its title is the path's own before any script runs."""
        route = match(request.path, request.query_string.decode("latin-1"))
        return _TEMPLATE.format(
            title=escape(title_of(route)),
            favicon=self.get_asset_url("favicon.svg"),
            color_scheme=self.get_asset_url(COLOR_SCHEME_SCRIPT),
            css=css,
            config=config,
            scripts=scripts,
            renderer=renderer,
        )
