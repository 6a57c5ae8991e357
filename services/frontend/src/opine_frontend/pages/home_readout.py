"""The side of the review page that answers: sentiment, stars, submit."""

import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import html

from opine_frontend.components.dom import aria, data, icon, unseen
from opine_frontend.components.stars import STARS


def readout() -> html.Div:
    return html.Div([_sentiment(), _rating(), _submit()], className="readout")


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
                className="readout-head",
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
                    label=[icon("star"), unseen(f"{stars} star" + ("s" if stars > 1 else ""))],
                    className="star-option",
                ),
                html.Div(
                    [
                        html.Span(
                            html.Span(className="chance-fill", **data(chance=str(stars))), className="chance-bar"
                        ),
                        html.Span("", className="chance-number", **data(chance_number=str(stars))),
                    ],
                    className="chance",
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
                    html.P("Write, and your words propose a rating.", id="rating-source"),
                    html.Button("Use the proposal again", id="use-proposal", className="button-link", hidden=True),
                ],
                className="rating-foot",
            ),
            html.P("", id="chances-text", className="unseen"),
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
