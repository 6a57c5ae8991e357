"""Asks each service, from inside the cluster, what its clients ask: helm_test.py FRONTEND REVIEWS SENTIMENT (URLs)."""

import json
import sys
from http import HTTPStatus
from typing import Any
from urllib.request import Request, urlopen

_TIMEOUT_S = 10


def ask(url: str, body: object = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"})  # noqa: S310  the chart gives the addresses
    with urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310  the same
        if answer.status != HTTPStatus.OK:
            raise SystemExit(f"{url} answered {answer.status}")
        content: bytes = answer.read()
    sys.stdout.write(f"ok {url}\n")
    return content


def check(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise SystemExit(f"{what}: {found!r}, not {wanted!r}")


def main(frontend: str, reviews: str, sentiment: str) -> None:
    for url in (frontend, reviews, sentiment):
        ask(f"{url}/readyz")
    text = "Terrible. Rude people and a broken product, never again."
    direct: dict[str, Any] = json.loads(ask(f"{sentiment}/v1/predict", {"texts": [text]}))
    check(direct["predictions"][0]["label"], "bad", "the model's label")
    through: dict[str, Any] = json.loads(ask(f"{reviews}/api/v1/predictions", {"text": text}))
    check(through["prediction"]["label"], "bad", "the label through the review API")
    shown: dict[str, Any] = json.loads(ask(f"{frontend}/predict", {"text": text}))
    check(shown["label"], "bad", "the label through the page")
    brand: dict[str, Any] = json.loads(ask(f"{reviews}/api/v1/brands/random"))
    if b"<html" not in ask(f"{frontend}/?brand={brand['slug']}").lower():
        raise SystemExit("the page is no page")


if __name__ == "__main__":
    main(*sys.argv[1:])
