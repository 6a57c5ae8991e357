"""The front page: the composer of some brand, and below it what happens on the site."""

from collections.abc import Sequence

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from opine_frontend.components.elements import demo_tag, empty_state, monogram, skeleton, star_row
from opine_frontend.components.formatting import counted, day, excerpt
from opine_frontend.pages.review import review_page
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import ReviewsApiError
from opine_frontend.reviews_api.schemas import Brand, Review, ReviewQuery, RisingBrand
from opine_frontend.routing import brand_path, link
from opine_frontend.user_messages import page_error

LATEST = 6
RISING = 5


def front_page(brand: Brand) -> html.Div:
    """The composer at once; the rest follows by a callback, so that nobody waits for it before writing."""
    return html.Div([review_page(brand), html.Div(skeleton(8), id="front-activity", className="activity")])


def activity(latest: Sequence[Review], rising: Sequence[RisingBrand], demo_command: str) -> list[Component]:
    return [_latest(latest, demo_command), _rising(rising)]


def _latest(reviews: Sequence[Review], demo_command: str) -> html.Section:
    shown = (
        html.Ul([_review(review) for review in reviews], className="review-list") if reviews else _none(demo_command)
    )
    # Not a link of Dash, which would look for a page of it.
    feed = html.A("Feed", href=link("/feed.atom"), className="small")
    head = html.Div([html.H2("Latest reviews"), feed], className="section-head")
    return html.Section([head, shown], className="latest")


def _none(demo_command: str) -> html.Div:
    text = "Write the first one above: what you tell Opine about a brand appears here for everybody."
    if not demo_command:
        return empty_state("No reviews yet", text)
    return html.Div(
        [
            html.P("No reviews yet", className="notice-title"),
            html.P(text),
            html.P(
                [
                    "To see Opine full of life, run ",
                    html.Code(demo_command),
                    ": it adds invented reviews, marked as such.",
                ]
            ),
        ],
        className="empty",
    )


def _review(review: Review) -> html.Li:
    brand = dcc.Link(
        html.Span(review.brand.name, dir="auto"), href=brand_path(review.brand.slug), className="review-brand"
    )
    return html.Li(
        [
            html.Div(
                [
                    monogram(review.brand.name, review.brand.slug, size="s"),
                    html.Span([brand, *demo_tag(shown=review.demo)], className="review-about"),
                    star_row(review.stars),
                    html.Time(day(review.created_at), dateTime=review.created_at.isoformat()),
                ],
                className="review-head",
            ),
            html.P(excerpt(review.text, 280), className="review-text", dir="auto"),
        ],
        className="review-card",
    )


def _rising(brands: Sequence[RisingBrand]) -> html.Section:
    shown = (
        html.Ol([_rising_brand(brand) for brand in brands], className="rising-list")
        if brands
        else empty_state(
            "A usual week",
            "A brand stands here once a week brings it clearly more reviews than its weeks before.",
            dcc.Link("Browse brands", href=link("/brands"), className="button-quiet"),
        )
    )
    return html.Section([html.H2("Brands on the rise"), shown], className="rising")


def _rising_brand(rising: RisingBrand) -> html.Li:
    return html.Li(
        dcc.Link(
            [
                monogram(rising.brand.name, rising.brand.slug, size="s"),
                html.Span(
                    [
                        html.Span(rising.brand.name, className="brand-name", dir="auto"),
                        html.Span(rise_sentence(rising), className="quiet small"),
                    ],
                    className="brand-text",
                ),
            ],
            href=brand_path(rising.brand.slug),
            className="brand-card",
        )
    )


def rise_sentence(rising: RisingBrand) -> str:
    usual = round(rising.usual_count)
    return f"{counted(rising.review_count, 'review')} this week, usually {usual or 'none'}"


def register_callbacks(app: Dash, api: ReviewsApi, demo_command: str) -> None:
    # Called whenever that page appears.
    @app.callback(Output("front-activity", "children"), Input("front-activity", "id"))
    def show(_appeared: str) -> list[Component]:
        try:
            latest = api.reviews(ReviewQuery(limit=LATEST)).items
            return activity(latest, api.rising_brands().items[:RISING], demo_command)
        except ReviewsApiError as error:
            # The composer above is what matters; a second alarm would only be in its way.
            return [html.P(f"The latest reviews are not here: {page_error(error).title}.", className="quiet")]
