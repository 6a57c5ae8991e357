"""Who we say we are, and what we refuse to do to others."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from pydantic import ValidationError

from opine_scraping.reasons import Refusal
from opine_scraping.robots import PRODUCT
from opine_scraping.settings import Settings

if TYPE_CHECKING:
    from opine_scraping.site import Site


def user_agent(contact: str) -> str:
    comment = f" (+{contact})" if contact else ""
    return f"{PRODUCT}/{version('opine-scraping')}{comment}"


def named_site(option: str | None, settings: Settings) -> Site | None:
    """The command line's site, or else the environment's.

    Raises:
        Refusal: it is no address.
    """
    if option is None:
        return settings.site
    try:
        return Settings.model_validate({"site_url": option}).site
    except ValidationError as error:
        raise Refusal(f"--site: {error.errors()[0]['msg']}") from error


def check_site(site: Site | None, settings: Settings) -> Site:
    """The site, if it may be asked with these settings.

    Raises:
        Refusal: none is named, or one of others is to be read without a contact or without a throttle.
    """
    if site is None:
        raise Refusal("name the site with --site or OPINE_SCRAPING_SITE_URL; none is built in")
    if site.is_loopback:
        return site
    if not settings.contact:
        raise Refusal(f"{site.host} is not this machine: OPINE_SCRAPING_CONTACT must say how to reach you")
    if not settings.throttle:
        raise Refusal(f"{site.host} is not this machine: it is not read without a throttle")
    return site
