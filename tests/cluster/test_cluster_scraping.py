"""The scrapers' CronJobs, run once against the demo site, which is a pod beside the release."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from tests.support import ROOT
from tests.support.cluster.release import Release, wait_until

SITE = "demo-site"
CODE = ROOT / "scraping/demo_site/src/opine_demo_site"
PORT = 8060
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def demo_site(image: str) -> list[dict[str, Any]]:
    """A pod that serves the demo site, whose code no image has; it needs no more than a Python."""
    labels = {"app": SITE}
    code = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": SITE},
        "data": {file.name: file.read_text() for file in CODE.glob("*.py")},
    }
    container = {
        "name": "site",
        "image": image,
        "command": [*f"python -m opine_demo_site --host 0.0.0.0 --port {PORT} --companies 1 --reviews 25".split()],
        "env": [{"name": "PYTHONPATH", "value": "/demo"}],
        "volumeMounts": [{"name": "code", "mountPath": f"/demo/{CODE.name}", "readOnly": True}],
        "readinessProbe": {"tcpSocket": {"port": PORT}},
        "securityContext": RESTRICTED,
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": SITE, "labels": labels},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "code", "configMap": {"name": SITE}}],
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "terminationGracePeriodSeconds": 1,
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": SITE},
        "spec": {"selector": labels, "ports": [{"port": PORT}]},
    }
    return [code, pod, service]


def scraping(image: str) -> dict[str, Any]:
    repository, tag = image.rsplit(":", 1)
    site = {"to": [{"podSelector": {"matchLabels": {"app": SITE}}}], "ports": [{"port": PORT}]}
    values = {
        "enabled": True,
        "crawl": {"shards": 2},
        "image": {"repository": repository, "tag": tag},
        "siteUrl": f"http://{SITE}:{PORT}",
        "contact": "operator@example.org",
        "env": {"OPINE_SCRAPING_DELAY_S": "0.1", "OPINE_SCRAPING_MAX_DELAY_S": "0.2"},
        "networkPolicy": {"extraEgress": [site]},
    }
    return {"scraping": values}


@pytest.fixture(scope="module")
def site(release: Release, scraping_image: str) -> Iterator[None]:
    release.kubectl("apply", "--filename", "-", text_in=yaml.safe_dump_all(demo_site(scraping_image)))
    release.kubectl("wait", "--for=condition=Ready", f"pod/{SITE}", "--timeout=60s")
    yield
    release.kubectl("delete", "pod,service,configmap", SITE, "--ignore-not-found")
    release.upgrade()


def run_once(release: Release, kind: str, timeout_s: float = 240) -> float:
    """Start what the CronJob would start, wait until it has succeeded, and return the seconds."""
    job, started = f"{kind}-once", time.monotonic()
    release.kubectl("create", "job", job, f"--from=cronjob/opine-{kind}")

    def ended() -> bool:
        status = release.get("job", job)["status"]
        assert not status.get("failed"), release.kubectl("logs", f"job/{job}", "--tail", "40")
        return "completionTime" in status

    wait_until(ended, f"the end of {job}", timeout_s)
    return time.monotonic() - started


def answer(release: Release, path: str) -> Any:  # noqa: ANN401  any JSON
    with urlopen(release.address("reviews") + path, timeout=10) as response:  # noqa: S310  our own address
        return json.load(response)


@pytest.mark.usefixtures("site")
def test_companies_are_found_and_their_reviews_read(
    release: Release, scraping_image: str, figures: dict[str, str]
) -> None:
    release.upgrade(scraping(scraping_image))
    found = run_once(release, "discover")
    read = run_once(release, "crawl")
    assert release.get("job", "crawl-once")["status"]["completedIndexes"] == "0,1"

    reviews = answer(release, "/api/v1/scraped-reviews?limit=100")["items"]
    slug = reviews[0]["brand"]["slug"]
    (source,) = answer(release, f"/api/v1/brands/{slug}")["scraped"]
    assert source["review_count"] > 0
    assert {review["source"]["name"] for review in reviews} == {"Trustpilot"}
    metrics = release.metrics("reviews")
    assert 'opine_scrape_last_success_timestamp_seconds{kind="crawl"}' in metrics
    figures["scraping the demo site"] = (
        f"discover {found:.0f} s, crawl in two parts {read:.0f} s, {len(reviews)} reviews or more"
    )
