"""Review a brand. The scripts in assets/js/composer* bring this page to life; here is where everything stands."""

from dash import dcc, html
from dash.development.base_component import Component

from opine_frontend.components.dom import aria, icon
from opine_frontend.components.monogram import monogram
from opine_frontend.components.wording import average, counted
from opine_frontend.pages.home_readout import readout
from opine_frontend.reviews_api.models import Brand
from opine_frontend.routes import brand_path
from opine_frontend.safe_url import safe_website

LONGEST_TEXT = 20_000


def home_page(brand: Brand, *, guessed: bool = False) -> html.Div:
    """The page for one brand.

    Args:
        brand: the brand to review.
        guessed: the API is away and the brand's name was made from its slug.
    """
    identity = {
        "slug": brand.slug,
        "name": brand.name,
        "website": safe_website(brand.website),
        "href": brand_path(brand.slug),
        "guessed": guessed,
    }
    return html.Div(
        [
            dcc.Store(id="composer-brand", data=identity),
            dcc.Store(id="composer-mounted"),
            dcc.Store(id="composer-switch-refusal"),
            _question(brand, "See its reviews" if guessed else reviews_link_text(brand)),
            html.Div(id="composer-notice", className="notice", hidden=True, role="alert"),
            html.Div([_writing(), readout()], id="composer", className="composer"),
            _thanks(brand.slug),
            html.Div(id="composer-status", className="unseen", role="status"),
        ],
        className="home",
    )


def _question(brand: Brand, reviews_text: str) -> html.Div:
    website = safe_website(brand.website)
    name = html.Span(brand.name, id="company_name")
    link = html.A(name, id="company_link", href=website, target="_blank", rel="noopener noreferrer")
    return html.Div(
        [
            monogram(brand.name, brand.slug, element_id="company_logo", size="l"),
            html.Div(
                [
                    html.H1(["What do you think of ", link, "?"]),
                    html.P(
                        [
                            *([html.Span(brand.sector)] if brand.sector else []),
                            dcc.Link(reviews_text, href=brand_path(brand.slug)),
                        ],
                        className="facts quiet",
                    ),
                ]
            ),
            html.Button(
                [icon("shuffle"), "Review another brand"], id="switch_button", className="button-quiet", n_clicks=0
            ),
        ],
        className="question",
    )


def reviews_link_text(brand: Brand) -> str:
    if not brand.review_count:
        return "No reviews yet"
    return f"{average(brand.average_stars)} stars in {counted(brand.review_count, 'review')}"


def _writing() -> html.Div:
    return html.Div(
        [
            html.Label("Your review", htmlFor="review", className="field-label"),
            html.Div(
                html.Div(
                    [
                        html.Div(id="review-mirror", className="paper-text", **aria(hidden="true")),
                        html.Textarea(
                            id="review",
                            className="paper-text",
                            placeholder="Write what you liked and what you did not …",
                            maxLength=LONGEST_TEXT,
                            rows=5,
                            spellCheck="true",
                            **aria(describedby="review-legend review-hint"),
                        ),
                    ],
                    className="paper-sheet",
                ),
                className="paper",
            ),
            html.Div(_legend(), className="paper-foot"),
        ],
        className="writing",
    )


def _legend() -> list[Component]:
    return [
        html.P(
            [
                html.Span("solid", className="mark for-3"),
                " speaks for, ",
                html.Span("wavy", className="mark against-3"),
                " against; the stronger, the darker",
            ],
            id="review-legend",
        ),
        html.P("Kept in this browser until it is submitted", id="review-hint"),
    ]


def _thanks(slug: str) -> html.Div:
    return html.Div(
        [
            html.Span(className="thanks-sign", **aria(hidden="true")),
            html.H2("Thank you, your review is in.", id="thanks-title", tabIndex="-1"),
            html.P(id="thanks-text"),
            html.Div(
                [
                    dcc.Link(
                        "Read it on the brand's page",
                        id="thanks-link",
                        className="button-primary",
                        href=brand_path(slug),
                    ),
                    html.Button("Review another brand", id="thanks-switch", className="button-quiet", n_clicks=0),
                ],
                className="actions",
            ),
        ],
        id="thanks",
        className="thanks",
        hidden=True,
    )
