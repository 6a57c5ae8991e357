"""Attributes that Python cannot spell as keywords, and text for screen readers."""

from typing import Any

from dash import html


def aria(**attributes: str) -> dict[str, Any]:
    return {f"aria-{name}": value for name, value in attributes.items()}


def data(**attributes: str) -> dict[str, Any]:
    return {f"data-{name.replace('_', '-')}": value for name, value in attributes.items()}


def unseen(text: str) -> html.Span:
    """Text for screen readers only."""
    return html.Span(text, className="unseen")


def icon(name: str) -> html.Span:
    """A shape from assets/icons, in the colour of its text."""
    return html.Span(className=f"icon icon-{name}", **aria(hidden="true"))
