"""Elements that every page is built from."""

import zlib
from typing import Any

from dash import html
from dash.development.base_component import Component

from opine_frontend.components.formatting import average
from opine_frontend.user_messages import UserMessage

STARS = (1, 2, 3, 4, 5)

_HUES = 24  # fewer than degrees: two that are nearly alike would look like a mistake


def aria(**attributes: str) -> dict[str, Any]:
    """Attributes that Python cannot spell as keywords."""
    return {f"aria-{name}": value for name, value in attributes.items()}


def data(**attributes: str) -> dict[str, Any]:
    """`data-` attributes, with hyphens for underscores."""
    return {f"data-{name.replace('_', '-')}": value for name, value in attributes.items()}


def visually_hidden(text: str) -> html.Span:
    """Text for screen readers only."""
    return html.Span(text, className="visually-hidden")


def icon(name: str) -> html.Span:
    """A shape from assets/icons, in the colour of its text."""
    return html.Span(className=f"icon icon-{name}", **aria(hidden="true"))


def monogram(name: str, slug: str, *, element_id: str | None = None, size: str = "m") -> html.Span:
    """A brand's logo, drawn from its name: no picture is fetched from anywhere."""
    properties: dict[str, Any] = {} if element_id is None else {"id": element_id}
    return html.Span(
        initials(name),
        className=f"monogram monogram-{size}",
        style={"--hue": str(hue(slug))},
        **aria(hidden="true"),
        **properties,
    )


def initials(name: str) -> str:
    """Two letters: of the first two words, or the first two of a single word."""
    words = [word for word in ("".join(filter(str.isalnum, part)) for part in name.split()) if word]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][:1].upper() + words[0][1:2]
    return (words[0][0] + words[1][0]).upper()


def hue(slug: str) -> int:
    """One of 24 hues in degrees, always the same for a slug."""
    return zlib.crc32(slug.encode()) % _HUES * (360 // _HUES)


def star_row(stars: float | None, *, size: str = "s") -> html.Span:
    """Five stars, filled up to a number that may lie between two."""
    label = "not rated yet" if stars is None else f"{average(stars)} of 5 stars"
    share = 0.0 if stars is None else stars / len(STARS)
    return html.Span(
        [
            html.Span(
                html.Span(className="stars-filled", style={"width": f"{share:.1%}"}),
                className=f"stars stars-{size}",
                **aria(hidden="true"),
            ),
            visually_hidden(label),
        ],
        className="star-row",
    )


def demo_tag(*, shown: bool) -> list[Component]:
    """Says that something was invented; nothing where it was not."""
    return [html.Span("Demo", className="demo-tag", title="Invented for a demonstration")] if shown else []


def notice(message: UserMessage, *actions: Component) -> html.Div:
    """A box that says what happened and what to do, with its buttons."""
    return html.Div(
        [html.P(message.title, className="notice-title"), html.P(message.text), html.Div(actions, className="actions")],
        className="notice",
        role="alert",
    )


def error_notice(message: UserMessage) -> html.Div:
    """A notice whose button asks for the page again (assets/js/page.js)."""
    return notice(message, html.Button("Try again", id="page-retry", className="button-quiet", n_clicks=0))


def share_button() -> html.Button:
    """Hands on the address of the page as it is shown (assets/js/page.js)."""
    return html.Button("Share", className="button-quiet", **data(share=""), **aria(live="polite"))


def empty_state(title: str, text: str | list[Component | str], *actions: Component) -> html.Div:
    """What stands where a list would, while it has nothing in it."""
    return html.Div(
        [html.P(title, className="notice-title"), html.P(text), html.Div(actions, className="actions")],
        className="empty",
    )


def skeleton(lines: int = 3) -> html.Div:
    """Grey lines in the room of what is still being fetched, so that nothing jumps when it comes."""
    return html.Div(
        [html.Div(className="skeleton-line") for _ in range(lines)], className="skeleton", **aria(hidden="true")
    )
