"""What surrounds every page."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html

from opine_frontend.components.dom import aria, icon
from opine_frontend.components.notices import skeleton
from opine_frontend.theme import THEME


def layout() -> dmc.MantineProvider:
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="page-meta"),
            html.A("Skip to content", href="#main", className="skip-link"),
            _header(),
            html.Main(html.Div(skeleton(), id="page-content"), id="main", tabIndex="-1"),
            _footer(),
            html.Div(id="page-announcer", className="unseen", role="status"),
        ],
        theme=THEME,
        defaultColorScheme="auto",
    )


def _header() -> html.Header:
    return html.Header(
        html.Div(
            [
                dcc.Link(
                    [html.Span(className="wordmark-sign", **aria(hidden="true")), "Opine"],
                    href="/",
                    className="wordmark",
                ),
                html.Nav(
                    [
                        dcc.Link("Review", href="/", className="nav-link"),
                        dcc.Link("Brands", href="/brands", className="nav-link"),
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


def _footer() -> html.Footer:
    return html.Footer(
        html.Div(
            [
                html.P("Reviews are public. Opine keeps no address and shows no pictures from other sites."),
                dcc.Link("Admin", href="/admin", id="admin-link"),
            ],
            className="bar-inner",
        ),
        className="site-footer",
    )
