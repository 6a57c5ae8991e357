from dash import dcc, html

from opine_frontend.components.dom import aria


def not_found_page(
    title: str = "This page does not exist", text: str = "The address may be mistyped, or the page has moved."
) -> html.Div:
    return html.Div(
        [
            html.P("404", className="lost-number", **aria(hidden="true")),
            html.H1(title),
            html.P(text),
            html.Div(
                [
                    dcc.Link("Review a brand", href="/", className="button-primary"),
                    dcc.Link("Browse brands", href="/brands", className="button-quiet"),
                ],
                className="actions",
            ),
        ],
        className="lost",
    )


def brand_not_found_page(slug: str) -> html.Div:
    return not_found_page(
        "We don't know that brand", f"There is no brand called “{slug}” here. It may have been renamed or removed."
    )
