"""A run from start to stop, and what the next run finds."""

import json
import re
import signal
import urllib.request
from collections.abc import Iterable
from typing import Any

import psutil

from tests.support.local_run import LocalRun, StartLocal


def fetch(url: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  JSON
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310  our own address
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


def listening_addresses(ports: Iterable[int]) -> set[str]:
    return {
        connection.laddr.ip
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port in ports
    }


def review_digest(run: LocalRun) -> str:
    """Of the model that answers."""
    return str(fetch(f"{run.url('reviews')}/api/v1/predictions", {"text": "Lovely shop."})["model"]["digest"])


def test_a_run_serves_the_page_stops_and_keeps_its_data(start_local: StartLocal) -> None:
    first = start_local()
    ready = first.until_ready()
    assert ready[1] == first.url("frontend")
    with urllib.request.urlopen(ready[1], timeout=10) as page:  # noqa: S310
        assert page.status == 200
        assert b"<html" in page.read()
    prediction = fetch(f"{first.url('reviews')}/api/v1/predictions", {"text": "Lovely shop."})["prediction"]
    assert 1 <= prediction["stars"] <= 5
    review = fetch(f"{first.url('reviews')}/api/v1/reviews", {"brand": "lego", "text": "Lovely shop.", "stars": 5})
    first.until_said(r"reader .*reviews read")
    assert fetch(f"{first.url('reviews')}/api/v1/brands/lego/terms")["read_count"] == 1
    assert "/readyz" not in first.output
    assert first.output.count("Opine is ready") == 1
    first.until_said("the shipped model is the first version")
    plan = fetch(f"{first.url('reviews')}/api/v1/release-plan")
    assert (plan["revision"], plan["live"]["digest"]) == (1, review_digest(first))
    assert first.stop(signal.SIGINT) == 0
    assert first.remains() == []

    second = start_local(OPINE_FRONTEND_ADMIN_PASSWORD="chosen password")
    assert second.until_ready()[2] is None
    assert "chosen password" not in second.output
    assert fetch(f"{second.url('reviews')}/api/v1/reviews")["items"] == [review]
    assert fetch(f"{second.url('reviews')}/api/v1/brands/lego")["name"] == "LEGO"
    assert fetch(f"{second.url('sentiment')}/v1/models")["revision"] == 1
    assert listening_addresses(second.ports.values()) == {"127.0.0.1"}

    refused = start_local()
    assert refused.ended() == 1
    holder = rf"process {second.process.pid}, {second.url('frontend')}"
    assert re.search(rf"already runs on .* \({holder}\): stop that run first", refused.output)

    assert second.stop(signal.SIGTERM) == 0
    assert second.remains() == []
