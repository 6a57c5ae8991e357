"""Installed on a real cluster: used by a browser, upgraded, rolled back, taken away and put back."""

import base64
import contextlib
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.request import urlopen

import pytest
from kubernetes import client, config
from kubernetes.utils.quantity import parse_quantity
from selenium.webdriver import Chrome

from tests.support.browser.brand_pages import BrandPage
from tests.support.browser.checks import console_errors, foreign_requests
from tests.support.browser.chromium import WIDE, chromium, set_viewport
from tests.support.browser.composer_page import ComposerPage
from tests.support.cluster.commands import CommandError
from tests.support.cluster.registry import Registry
from tests.support.cluster.release import Release, wait_until

BRAND = "ikea"
TEXT = "Wonderful furniture, fast delivery, we love it!"
# Pods of Jobs come and go.
LASTING = ("sentiment", "reviews", "frontend", "database", "pooler")


class Kubernetes:
    """The client's answers as plain JSON."""

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        config.load_kube_config(kubeconfig)  # type: ignore[no-untyped-call]  # the client's own
        self._api = client.CoreV1Api()
        self._namespace = namespace

    def pods(self) -> list[dict[str, Any]]:
        """Those that last and are not on their way out."""
        listed = self._api.list_namespaced_pod(self._namespace)
        items: list[dict[str, Any]] = client.ApiClient().sanitize_for_serialization(listed)["items"]  # type: ignore[no-untyped-call]  # the same
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"] and component(pod) in LASTING]

    def password(self) -> str:
        data = self._api.read_namespaced_secret("opine-secrets", self._namespace).data or {}
        return base64.b64decode(data["admin-password"]).decode()


@pytest.fixture(scope="module")
def kubernetes(release: Release) -> Kubernetes:
    return Kubernetes(release.env["KUBECONFIG"], release.namespace)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile"), tmp_path_factory.mktemp("downloads")) as browser:
        set_viewport(browser, WIDE)
        yield browser


def stored(release: Release) -> list[dict[str, Any]]:
    with urlopen(f"{release.address('reviews')}/api/v1/reviews?brand={BRAND}", timeout=10) as answer:  # noqa: S310  our own address
        items: list[dict[str, Any]] = json.load(answer)["items"]
    return items


def component(pod: dict[str, Any]) -> str:
    name: str = pod["metadata"]["labels"].get("app.kubernetes.io/component", "")
    return name


def test_every_pod_is_ready_without_a_restart(kubernetes: Kubernetes) -> None:
    assert {component(pod) for pod in kubernetes.pods()} == {*LASTING}
    for pod in kubernetes.pods():
        for status in pod["status"]["containerStatuses"]:
            assert status["ready"], pod["metadata"]["name"]
            assert status["restartCount"] == 0, pod["metadata"]["name"]


def test_helm_test(release: Release) -> None:
    assert "Succeeded" in release.helm("test", "opine")


def test_the_shipped_model_becomes_the_first_version(release: Release) -> None:
    registry = Registry(release)
    wait_until(lambda: registry.plan["live"], "the judge's first look", 240)
    first = registry.get("/release-events?limit=100")["items"][-1]
    assert (first["kind"], first["actor"]) == ("pin", "learning")
    about = "involvedObject.kind=CronJob,involvedObject.name=opine-learning,reason=ModelPinned"

    def told() -> list[Any]:
        found: list[Any] = json.loads(release.kubectl("get", "events", "--field-selector", about, "--output", "json"))[
            "items"
        ]
        return found

    wait_until(told, "an Event of it", 30)
    assert "the shipped model is the first version" in told()[0]["message"]


def test_the_judge_may_create_events_and_nothing_else(release: Release) -> None:
    account = f"--as=system:serviceaccount:{release.namespace}:opine-learning"
    _, *lines = release.kubectl("auth", "can-i", "--list", account).splitlines()
    # What every account may do is to ask about itself, and to read paths that are no resources.
    rules = [line.split() for line in lines if not line.startswith((" ", "self"))]
    assert [(resource, verbs) for resource, *_, verbs in rules] == [("events", "[create]")]


@pytest.fixture
def page_url(release: Release) -> Iterator[str]:
    with release.forwarded("frontend") as url:
        yield url


def test_a_review_is_written_by_the_page_and_read_back(release: Release, page_url: str, driver: Chrome) -> None:
    composer = ComposerPage(driver, page_url)
    composer.open(BRAND)
    composer.type(TEXT)
    composer.wait_for_prediction("Good")
    composer.choose(4)
    composer.submit()
    composer.wait_for_thanks()
    composer.follow_thanks()
    page = BrandPage(driver, page_url)
    page.wait_until_ready()
    assert TEXT in page.texts
    review = [item for item in stored(release) if item["text"] == TEXT][-1]
    assert review["stars"] == 4
    assert review["prediction"]["label"] == "good"
    assert console_errors(driver) == []
    assert foreign_requests(driver, page_url) == []


def test_the_database_roles_may_do_what_they_are_for(release: Release) -> None:
    def query(role: str, sql: str) -> str:
        return release.kubectl(
            "exec", release.primary(), "--container", "postgres", "--", "psql", "--tuples-only", "--no-align",
            "--dbname", "opine", "--command", f"SET ROLE {role}", "--command", sql,
        )  # fmt: skip

    # The operator gives a role its password, and so its login, some time after the Cluster is there.
    may_login = "SELECT bool_and(rolcanlogin)::text FROM pg_roles WHERE rolname LIKE 'opine_%'"
    wait_until(lambda: "true" in query("postgres", may_login), "every role to log in", 120)
    assert query("opine_scraping", "SELECT count(*) FROM brand_source")
    assert query("opine_analysis", "SELECT count(*) FROM labelled_review")
    with pytest.raises(Exception, match="permission denied"):
        query("opine_analysis", "SELECT * FROM review")


def tries(kubernetes: Kubernetes) -> set[str | None]:
    return {pod["metadata"]["labels"].get("try") for pod in kubernetes.pods() if component(pod) == "frontend"}


def test_values_change_and_roll_back_and_passwords_stay(kubernetes: Kubernetes, release: Release) -> None:
    before = kubernetes.password()
    release.upgrade({"frontend": {"env": {"OPINE_FRONTEND_LOG_JSON": "false"}, "podLabels": {"try": "one"}}})
    assert tries(kubernetes) == {"one"}
    assert kubernetes.password() == before
    release.helm("rollback", "opine", "--wait")
    assert tries(kubernetes) == {None}
    assert kubernetes.password() == before
    assert TEXT in [item["text"] for item in stored(release)]


def test_an_upgrade_without_a_change_restarts_nothing(kubernetes: Kubernetes, release: Release) -> None:
    release.upgrade()
    before = {pod["metadata"]["name"] for pod in kubernetes.pods()}
    release.upgrade()
    assert {pod["metadata"]["name"] for pod in kubernetes.pods()} == before


def test_uninstalled_and_installed_again_the_reviews_are_there(
    kubernetes: Kubernetes, release: Release, figures: dict[str, str]
) -> None:
    before = kubernetes.password()
    release.helm("uninstall", "opine", "--wait")
    # Those of the pooler are the operator's, for which Helm does not wait.
    wait_until(lambda: {component(pod) for pod in kubernetes.pods()} <= {"database"}, "no pod but the database's", 60)
    figures["`helm install` over kept data to ready"] = f"{release.install():.0f} s"
    assert kubernetes.password() == before
    assert TEXT in [item["text"] for item in stored(release)]
    assert "Succeeded" in release.helm("test", "opine")


def amount(quantity: str) -> Decimal:
    """Of a quantity as Kubernetes writes it, `512Mi`."""
    return Decimal(parse_quantity(quantity))  # type: ignore[no-untyped-call]  # the client's own


def test_at_rest_no_pod_takes_half_of_its_memory(
    kubernetes: Kubernetes, release: Release, figures: dict[str, str]
) -> None:
    given = {
        pod["metadata"]["name"]: sum(
            amount(container["resources"]["requests"]["memory"]) for container in pod["spec"]["containers"]
        )
        for pod in kubernetes.pods()
    }

    at_rest: dict[str, list[str]] = {}

    def look() -> bool:
        with contextlib.suppress(CommandError):  # a busy node's metrics API comes and goes
            lines = release.kubectl("top", "pods", "--no-headers").splitlines()
            at_rest.update({name: [cpu, memory] for name, cpu, memory in map(str.split, lines)})
        return given.keys() <= at_rest.keys()

    wait_until(look, "figures of every pod", 90)
    largest = {
        part: max((at_rest[pod["metadata"]["name"]][1] for pod in release.pods(part)), key=amount) for part in LASTING
    }
    figures["memory at rest, a pod"] = ", ".join(f"{part} {memory}" for part, memory in largest.items())
    assert given
    assert [name for name in given if amount(at_rest[name][1]) >= given[name] / 2] == []
