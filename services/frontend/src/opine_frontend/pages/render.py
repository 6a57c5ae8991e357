"""From a route to a page and its title."""

from typing import NamedTuple

from dash.development.base_component import Component

from opine_frontend.advice import about_reading
from opine_frontend.pages.admin import admin_page
from opine_frontend.pages.admin_login import login_page, switched_off_page
from opine_frontend.pages.brand import PAGE_SIZE, brand_page
from opine_frontend.pages.brands import brands_page
from opine_frontend.pages.home import home_page
from opine_frontend.pages.not_found import brand_not_found_page, not_found_page
from opine_frontend.pages.titles import title_of
from opine_frontend.pages.unavailable import unavailable_page
from opine_frontend.reviews_api.client import ReviewsApi
from opine_frontend.reviews_api.errors import NotFound, ReviewsApiError
from opine_frontend.reviews_api.models import Brand
from opine_frontend.reviews_api.queries import ReviewQuery, ScrapedReviewQuery
from opine_frontend.reviews_api.scraped_models import ScrapedReviewPage
from opine_frontend.routes import Route
from opine_frontend.sectors import Sectors


class Page(NamedTuple):
    content: Component
    title: str


class Admin(NamedTuple):
    """What the admin page depends on."""

    switched_on: bool
    logged_in: bool
    login_outcome: str


def render(route: Route, api: ReviewsApi, sectors: Sectors, admin: Admin) -> Page:
    try:
        return _render(route, api, sectors, admin)
    except NotFound:
        return Page(brand_not_found_page(route.slug), title_of(Route("not_found")))
    except ReviewsApiError as error:
        if route.page == "home" and route.slug:
            brand = guessed_brand(route.slug)
            return Page(home_page(brand, guessed=True), title_of(route, brand.name))
        heading = "Review a brand" if route.page == "home" else "Brand"
        return Page(unavailable_page(heading, about_reading(error)), title_of(route))


def _render(route: Route, api: ReviewsApi, sectors: Sectors, admin: Admin) -> Page:
    match route.page:
        case "home":
            brand = api.brand(route.slug) if route.slug else api.random_brand()
            return Page(home_page(brand), title_of(route, brand.name))
        case "brands":
            return Page(brands_page(sectors.names()), title_of(route))
        case "brand":
            brand = api.brand(route.slug)
            reviews = api.reviews(ReviewQuery(brand=route.slug, limit=PAGE_SIZE))
            scraped = _scraped(api, brand)
            return Page(brand_page(brand, api.summary(route.slug), reviews, scraped), title_of(route, brand.name))
        case "admin":
            return Page(_admin(admin), title_of(route))
        case "not_found":
            return Page(not_found_page(), title_of(route))


def _scraped(api: ReviewsApi, brand: Brand) -> ScrapedReviewPage | None:
    if not brand.scraped_count:
        return None
    return api.scraped_reviews(ScrapedReviewQuery(brand=brand.slug, limit=PAGE_SIZE))


def _admin(admin: Admin) -> Component:
    if not admin.switched_on:
        return switched_off_page()
    return admin_page() if admin.logged_in else login_page(admin.login_outcome)


def guessed_brand(slug: str) -> Brand:
    """A brand to write about while the API is away; its name is made from the slug."""
    return Brand(slug=slug, name=slug.replace("-", " ").title())
