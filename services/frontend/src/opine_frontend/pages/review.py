"""Review a brand: the composer. assets/js/composer*.js bring this page to life; here is where everything stands."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from typing_extensions import TypedDict

from opine_frontend.components.elements import STARS, aria, data, icon, monogram, visually_hidden
from opine_frontend.components.formatting import average, counted, safe_website
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.schemas import MAX_TEXT_LENGTH, Brand
from opine_frontend.routing import brand_path, review_path
from opine_frontend.user_messages import page_error


class ComposerBrand(TypedDict):
    """What the composer in the browser knows of the brand."""

    slug: str
    name: str
    website: str | None
    href: str
    # The API is away and the name was made from the slug.
    placeholder: bool


def review_page(brand: Brand, *, placeholder: bool = False) -> html.Div:
    """The page for one brand.

    Args:
        brand: the brand to review.
        placeholder: the API is away and the brand's name was made from its slug.
    """
    identity: ComposerBrand = {
        "slug": brand.slug,
        "name": brand.name,
        "website": safe_website(brand.website),
        "href": brand_path(brand.slug),
        "placeholder": placeholder,
    }
    return html.Div(
        [
            dcc.Store(id="composer-brand", data={**identity}),
            # Only there to be the output of a callback in the browser.
            dcc.Store(id="composer-opened"),
            dcc.Store(id="composer-switch-error"),
            _question(brand, "See its reviews" if placeholder else reviews_link_text(brand)),
            html.Div(id="composer-notice", className="notice", hidden=True, role="alert"),
            html.Div([_editor(), _prediction_panel()], id="composer", className="composer"),
            _thanks(brand.slug),
            html.Div(id="composer-status", className="visually-hidden", role="status"),
        ],
        className="review-page",
    )


def _question(brand: Brand, reviews_text: str) -> html.Div:
    website = safe_website(brand.website)
    name = html.Span(brand.name, id="company_name", dir="auto")
    link = html.A(name, id="company_link", href=website, target="_blank", rel="noopener noreferrer")
    return html.Div(
        [
            monogram(brand.name, brand.slug, element_id="company_logo", size="l"),
            html.Div(
                [
                    html.H1(["What do you think of ", link, "?"]),
                    html.P(
                        [
                            *([html.Span(brand.sector, dir="auto")] if brand.sector else []),
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
    """Of the link to the brand's page."""
    if not brand.review_count:
        return "No reviews yet"
    return f"{average(brand.average_stars)} stars in {counted(brand.review_count, 'review')}"


def _editor() -> html.Div:
    return html.Div(
        [
            html.Label("Your review", htmlFor="review", className="field-label"),
            html.Div(
                html.Div(
                    [
                        # A textarea cannot mark words: a layer behind it repeats the text and carries the marks.
                        html.Div(id="review-highlights", className="editor-text", dir="auto", **aria(hidden="true")),
                        html.Textarea(
                            id="review",
                            className="editor-text",
                            placeholder="Write what you liked and what you did not …",
                            maxLength=MAX_TEXT_LENGTH,
                            rows=5,
                            dir="auto",
                            spellCheck="true",
                            **aria(describedby="review-legend review-hint"),
                        ),
                    ],
                    className="editor-layers",
                ),
                className="editor-field",
            ),
            html.Div(_legend(), className="editor-foot"),
        ],
        className="editor",
    )


def _legend() -> list[Component]:
    return [
        html.P(
            [
                html.Span("solid", className="mark for-3"),
                " speaks for the brand, ",
                html.Span("wavy", className="mark against-3"),
                " against it; the darker, the stronger",
            ],
            id="review-legend",
        ),
        html.P("Kept in this browser until you submit it", id="review-hint"),
    ]


def _prediction_panel() -> html.Div:
    return html.Div([_sentiment(), _rating(), _submit()], className="prediction")


def _sentiment() -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Sentiment", id="sentiment-title"),
                    html.P(
                        [html.Span("", id="sentiment-word"), html.Span("", id="proba")],
                        className="sentiment-value",
                    ),
                ],
                className="prediction-head",
            ),
            html.Div(
                html.Div(id="progress-fill", className="meter-fill"),
                id="progress",
                className="meter",
                role="meter",
                **aria(
                    labelledby="sentiment-title",
                    valuemin="0",
                    valuemax="100",
                    valuenow="0",
                    valuetext="Nothing to read yet",
                ),
            ),
            html.Div(
                [html.Span("Bad"), html.Span("Average"), html.Span("Good")],
                className="meter-scale",
                **aria(hidden="true"),
            ),
        ],
    )


def _rating() -> html.Section:
    options = [
        html.Div(
            [
                dmc.Radio(
                    value=str(stars),
                    label=[icon("star"), visually_hidden(f"{stars} star" + ("s" if stars > 1 else ""))],
                    className="star-option",
                ),
                html.Div(
                    [
                        html.Span(
                            html.Span(className="probability-fill", **data(probability=str(stars))),
                            className="probability-bar",
                        ),
                        html.Span("", className="probability-number", **data(probability_number=str(stars))),
                    ],
                    className="probability",
                    **aria(hidden="true"),
                ),
            ],
            className="star-column",
        )
        for stars in STARS
    ]
    return html.Section(
        [
            # Mantine gives a group's id to none of its elements.
            html.Div(
                dmc.RadioGroup(
                    html.Div(options, className="star-columns"),
                    id="rating-group",
                    name="stars",
                    value="",
                    label="Your stars",
                    labelElement="div",
                ),
                id="rating",
            ),
            html.Div(
                [
                    html.P("Start writing, and your words will suggest a rating.", id="rating-source"),
                    html.Button("Use the suggestion again", id="use-proposal", className="button-link", hidden=True),
                ],
                className="rating-foot",
            ),
            html.P("", id="probabilities-text", className="visually-hidden"),
        ],
    )


def _submit() -> html.Div:
    return html.Div(
        [
            html.Button(
                [html.Span("Submit review", id="submit-label"), icon("send")],
                id="submit_button",
                className="button-primary",
                disabled=True,
            ),
            html.P("Write a few words to submit.", id="submit-hint", className="quiet small"),
        ],
        className="submit",
    )


def _thanks(slug: str) -> html.Div:
    return html.Div(
        [
            html.Span(id="thanks-sign", className="thanks-sign", **aria(hidden="true")),
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


def register_callbacks(app: Dash, api: ReviewsApi) -> None:
    # With an output on the page itself, so that Dash calls it whenever that page appears.
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("opine", "openComposer"),
        Output("composer-opened", "data"),
        Input("composer-brand", "data"),
    )
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("opine", "showComposerNotice"), Input("composer-switch-error", "data")
    )

    @app.callback(
        Output("url", "href"),
        Input("switch_button", "n_clicks"),
        Input("thanks-switch", "n_clicks"),
        State("composer-brand", "data"),
        prevent_initial_call=True,
    )
    def switch_brand(_switch: int | None, _thanks: int | None, brand: ComposerBrand) -> str:
        # Dash also calls it when the buttons appear.
        if not ctx.triggered or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        try:
            return review_path(api.random_brand(exclude=brand["slug"]).slug)
        except ReviewsApiError as error:
            # The address stays, and with it the page and its text.
            set_props("composer-switch-error", {"data": page_error(error).as_json()})
            raise PreventUpdate from error
