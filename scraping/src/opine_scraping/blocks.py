"""Recognises a site that does not want to be read."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from opine_scraping.reasons import Fault, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

# What protection services put into the page or its headers in place of the site's own.
_CHALLENGE_HEADERS = {"cf-mitigated": "challenge", "x-amzn-waf-action": "challenge|captcha"}
# Only the challenge itself holds these; Cloudflare puts its other scripts into ordinary pages too.
_CHALLENGE_MARKS = ("_cf_chl_opt", "orchestrate/chl_page", 'id="challenge-form"', "awswafcookiedomainlist")
# A form of an ordinary page may hold these; an error page that does wants to see a person.
_CAPTCHA_MARKS = ("g-recaptcha", "h-captcha", "cf-turnstile", "px-captcha", "captcha-delivery.com")


def block(status: int, headers: Mapping[str, str], text: str) -> Fault | None:
    """Why this answer ends the run, if it does.

    Args:
        status: HTTP status.
        headers: by lower-case name.
        text: the body.
    """
    for name, value in _CHALLENGE_HEADERS.items():
        if re.fullmatch(value, headers.get(name, "")):
            return Fault(Reason.CHALLENGE, f"the header {name} says so")
    lower = text.lower()
    marks = _CHALLENGE_MARKS if status < HTTPStatus.BAD_REQUEST else _CHALLENGE_MARKS + _CAPTCHA_MARKS
    for mark in marks:
        if mark in lower:
            return Fault(Reason.CHALLENGE, f"the page holds {mark}")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Fault(Reason.FORBIDDEN, f"HTTP {status}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Fault(Reason.TOO_MANY_REQUESTS, f"HTTP {status}, also after waiting")
    return None


def asked_to_wait_s(status: int, headers: Mapping[str, str], now: dt.datetime, default_s: float) -> float | None:
    """Seconds after which the site wants to be asked again, if it says that it is asked too often."""
    said = headers.get("retry-after", "").strip()
    if status == HTTPStatus.SERVICE_UNAVAILABLE and not said:
        return None
    if status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return None
    if re.fullmatch(r"\d{1,9}", said):
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return default_s
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) - now).total_seconds())
