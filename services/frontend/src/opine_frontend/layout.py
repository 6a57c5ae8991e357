"""What surrounds every page: the HTML that it starts with, header and footer, and Mantine's theme."""

from html import escape

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import Dash, dcc, html
from flask import request

from opine_frontend.components.elements import aria, icon, skeleton
from opine_frontend.feeds import feed_links
from opine_frontend.installable import THEME_COLORS
from opine_frontend.routing import Route, link, match, title_of

COLOR_SCHEME_SCRIPT = "js/color_scheme.js"

_TEMPLATE = """<!DOCTYPE html>
<html lang="en" data-prefix="{prefix}" data-host="{host}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="description" content="Review a brand and watch the sentiment of your words while you type.">
    <title>{title}</title>
    <link rel="icon" type="image/svg+xml" href="{favicon}">
    <link rel="apple-touch-icon" href="{apple_icon}">
    <link rel="manifest" href="{prefix}/manifest.webmanifest">
    <meta name="theme-color" media="(prefers-color-scheme: light)" content="{light}">
    <meta name="theme-color" media="(prefers-color-scheme: dark)" content="{dark}">
    {feeds}
    <script src="{color_scheme}"></script>
    {css}
  </head>
  <body>
    <noscript><p class="boot-note">Opine reads your words while you type. Please switch JavaScript on.</p></noscript>
    <div id="react-entry-point"><div class="boot" role="status"><span class="boot-mark"></span>Opening Opine
      {late}</div></div>
    <footer class="boot-scripts">{config}{scripts}{renderer}</footer>
  </body>
</html>
"""

# Shown without any script or style sheet: of a page whose files all went to another place, nothing else arrives.
_LATE = """<style>
        @keyframes late { to { visibility: visible } }
        #late { visibility: hidden; animation: late 0s 10s forwards }
      </style><p id="late">The page's scripts have not arrived. Reload it. Where a proxy serves Opine below a path, such
      as /opine/, its operator sets OPINE_FRONTEND_PREFIX to that path.</p>"""

# Pine, from light to dark: the shades that Mantine's buttons, fields and focus rings take. Colours and spacing of
# everything else are in assets/css/01_tokens.css.
_PINE = "eef7f3 d9ece4 b3d9ca 86c4ac 5dae91 3b967a 237c64 17654f 0f5241 0a3f32"
# Mantine's dark greys with a touch of the same green.
_DARK = "d3dad7 b5bfbb 8d9a95 6a7772 3c4844 313b38 262f2c 1b2220 151b19 101513"
_FONT_FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif'

_THEME: dict[str, object] = {
    "primaryColor": "pine",
    "primaryShade": {"light": 7, "dark": 4},
    "autoContrast": True,
    "luminanceThreshold": 0.3,
    "colors": {
        "pine": [f"#{shade}" for shade in _PINE.split()],
        "dark": [f"#{shade}" for shade in _DARK.split()],
    },
    "defaultRadius": "md",
    "fontFamily": _FONT_FAMILY,
    "headings": {"fontFamily": _FONT_FAMILY},
    "respectReducedMotion": True,
    "focusRing": "auto",
}


class OpineDash(Dash):
    """Dash, with a page of our own around it."""

    def interpolate_index(  # type: ignore[override]
        self, css: str = "", config: str = "", scripts: str = "", renderer: str = "", **_: str
    ) -> str:
        """Fill the page; its title is the path's own before any script runs."""
        # Latin-1 has a character for every byte: a query string may hold any.
        route = match(request.path, request.query_string.decode("latin-1"))
        return _TEMPLATE.format(
            title=escape(title_of(route)),
            late=_LATE,
            prefix=escape(request.script_root),
            host=escape(request.host),
            apple_icon=self.get_asset_url("app_icons/apple-180.png"),
            light=THEME_COLORS["light"],
            dark=THEME_COLORS["dark"],
            feeds=_feeds(route),
            favicon=self.get_asset_url("favicon.svg"),
            color_scheme=self.get_asset_url(COLOR_SCHEME_SCRIPT),
            css=css,
            config=config,
            scripts=scripts,
            renderer=renderer,
        )


def _feeds(route: Route) -> str:
    return "\n    ".join(
        f'<link rel="alternate" type="{media_type}" title="{title}" href="{escape(href)}">'
        for media_type, title, href in feed_links(route.slug if route.page == "brand" else "")
    )


def layout() -> dmc.MantineProvider:
    return dmc.MantineProvider(
        [
            # A callback that sets the address leads to a page without loading everything again.
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="page-meta"),
            html.A("Skip to content", href="#main", className="skip-link"),
            _header(),
            # Asks for the page of the address again.
            dcc.Store(id="page-again"),
            _lost_notice(),
            html.Main(html.Div(skeleton(), id="page-content"), id="main", tabIndex="-1"),
            _footer(),
            # Says the title after a change of page, which a screen reader would not notice.
            html.Div(id="page-announcer", className="visually-hidden", role="status"),
        ],
        theme=_THEME,
        defaultColorScheme="auto",
    )


def _header() -> html.Header:
    return html.Header(
        html.Div(
            [
                dcc.Link(
                    [html.Span(className="wordmark-sign", **aria(hidden="true")), "Opine"],
                    href=link("/"),
                    className="wordmark",
                ),
                html.Nav(
                    [
                        dcc.Link("Review", href=link("/"), className="nav-link"),
                        dcc.Link("Brands", href=link("/brands"), className="nav-link"),
                    ],
                    **aria(label="Main"),
                ),
                dmc.ColorSchemeToggle(
                    lightIcon=icon("sun"),
                    darkIcon=icon("moon"),
                    variant="subtle",
                    size="lg",
                    className="scheme-toggle",
                    **aria(label="Switch between light and dark"),
                ),
            ],
            className="bar-inner",
        ),
        className="site-header",
    )


def _lost_notice() -> html.Div:
    """Shown by assets/js/page.js while Dash gets no answer: it says nothing of that itself."""
    return html.Div(
        [
            html.P(id="lost-title", className="notice-title"),
            html.P("What you asked for could not be loaded. You still see what was there before."),
            html.Button("Try again", id="lost-again", className="button-quiet"),
        ],
        id="lost",
        className="notice lost",
        role="alert",
        hidden=True,
    )


def _footer() -> html.Footer:
    return html.Footer(
        html.Div(
            [
                html.P("Reviews are public. Opine keeps no address and shows no pictures from other sites."),
                dcc.Link("Admin", href=link("/admin"), id="admin-link"),
            ],
            className="bar-inner",
        ),
        className="site-footer",
    )
