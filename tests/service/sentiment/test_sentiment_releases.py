"""Releases with the real reviews API: versions are loaded, tried and swapped in one process, and nobody notices."""

from __future__ import annotations

import itertools
import json
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest
from charcnn.engine import load_engine
from opine_reviews.migration import upgrade
from opine_reviews.settings import Settings
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import NullPool, create_engine, text

from tests.support.postgres import running_postgres
from tests.support.registry import SHIPPED, TOKEN, Api, version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.sentiment.server import Launcher, Server

SERVICE = "opine_sentiment.service:Sentiment"
PATIENCE_S = 60
TEXTS = ["Great shop!", "never again", "it is fine, I suppose"]
BETWEEN_S = 0.005
"""Two questions of somebody who asks all the time: the service must have time for the versions, too."""
SESSIONS = [f"visitor-{number}" for number in range(60)]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_postgres(tmp_path_factory.mktemp("registry")) as server:
        engine = create_engine(server.url)
        upgrade(engine)
        engine.dispose()
        settings = {"database_url": server.url, "client_hash_key": "k" * 32, "registry_token": TOKEN}
        running = Api(Settings.model_validate(settings))
        yield running
        running.close()


@pytest.fixture(scope="module")
def versions(api: Api, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Digests by name: what is shipped, one that proposes fewer stars, and one that gives all texts one star."""
    folder = tmp_path_factory.mktemp("versions")
    return {
        "shipped": api.register(SHIPPED),
        "harsher": api.register(version(folder, "9.0.0", star_bias=[0.6, 0.3, 0, -0.3, -0.6])),
        "deaf": api.register(version(folder, "9.0.1", star_bias=[90, 0, 0, 0, 0])),
    }


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def loaded(server: Server) -> Any:  # noqa: ANN401  JSON
    return server.http.get("/v1/models").json()


def follows(server: Server, plan: Any) -> Any:  # noqa: ANN401  JSON
    """Wait until the service is at this plan."""
    until(lambda: loaded(server)["revision"] == plan["revision"])
    return loaded(server)


def digest_for(server: Server, **headers: str) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = server.http.post("/v1/predict", json={"texts": TEXTS}, headers=named)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["model"]["digest"])


def metric(server: Server, name: str, **labels: str) -> float:
    families = text_string_to_metric_families(server.http.get("/metrics").text)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


class Visitors:
    """Who asks all the time, each in a session, and what they were answered."""

    def __init__(self, server: Server) -> None:
        self.statuses: set[int] = set()
        self.answered = 0
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._server.url) as client:
            while not self._stop.wait(BETWEEN_S):
                session = SESSIONS[self.answered % len(SESSIONS)]
                answer = client.post("/v1/predict", json={"texts": TEXTS}, headers={"X-Session-ID": session})
                self.statuses.add(answer.status_code)
                self.answered += 1


@pytest.fixture(scope="module")
def server(api: Api, versions: dict[str, str], launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Server:
    if api.plan["live"] is None:
        api.decide("release-plan/pin", digest=versions["shipped"])
    server = launcher.launch(
        SERVICE,
        model_dir=None,
        registry_url=api.url,
        registry_poll_s="0.1",
        cache_dir=str(tmp_path_factory.mktemp("cache")),
    )
    server.until("/readyz", 200)
    return server


def test_a_release_from_shadow_to_live_without_a_failed_request(
    server: Server, api: Api, versions: dict[str, str]
) -> None:
    old, new = versions["shipped"], versions["harsher"]
    with Visitors(server) as visitors:
        shadow = follows(server, api.decide("releases", candidate=new))
        assert (shadow["live"]["digest"], shadow["candidate"]["digest"], shadow["weight"]) == (old, new, 0)
        assert {digest_for(server, X_Session_ID=session) for session in SESSIONS} == {old}
        until(lambda: metric(server, "opine_sentiment_shadow_texts_total", outcome="compared") > 50)
        assert metric(server, "opine_sentiment_shadow_flips_total", model_version="9.0.0", what="stars") > 0
        assert metric(server, "opine_sentiment_shadow_score_distance_count", model_version="9.0.0") > 50
        assert metric(server, "opine_sentiment_model_info", role="shadow", digest=new) == 1

        follows(server, api.decide("releases/{release}/advance"))
        tenth = {session for session in SESSIONS if digest_for(server, X_Session_ID=session) == new}
        follows(server, api.decide("releases/{release}/advance"))
        half = {session for session in SESSIONS if digest_for(server, X_Session_ID=session) == new}
        assert tenth < half < set(SESSIONS)
        assert half == {session for session in SESSIONS if digest_for(server, X_Session_ID=session) == new}
        assert digest_for(server) == old, "who has no session is answered by the live version"
        until(lambda: metric(server, "opine_sentiment_predictions_total", role="canary", model_version="9.0.0") > 0)

        follows(server, api.decide("releases/{release}/promote"))
        assert {digest_for(server, X_Session_ID=session) for session in SESSIONS} == {new}
        assert metric(server, "opine_sentiment_model_info", digest=old) == 0

        # And back, as somebody might who pins an earlier version.
        follows(server, api.decide("releases", candidate=old))
        follows(server, api.decide("releases/{release}/rollback"))
        assert digest_for(server) == new
        follows(server, api.decide("release-plan/pin", digest=old))
        assert digest_for(server) == old
    assert visitors.answered > 100
    assert visitors.statuses == {200}


@pytest.mark.usefixtures("server")
def test_a_session_that_two_services_answer_changes_versions_once(
    api: Api, versions: dict[str, str], launcher: Launcher, tmp_path: Path
) -> None:
    old, new = versions["shipped"], versions["harsher"]
    services = [
        launcher.launch(
            SERVICE, model_dir=None, registry_url=api.url, registry_poll_s="1", cache_dir=str(tmp_path / str(number))
        )
        for number in range(2)
    ]
    for service in services:
        service.until("/readyz", 200)
    shown: dict[str, list[str]] = {session: [] for session in SESSIONS[:10]}

    def ask_until(plan: Any) -> None:  # noqa: ANN401  JSON
        followed = False
        while not followed:
            followed = {loaded(service)["revision"] for service in services} == {plan["revision"]}
            for session, digests in shown.items():
                digests += [digest_for(service, X_Session_ID=session) for service in services]
            time.sleep(BETWEEN_S)

    ask_until(api.decide("releases", candidate=new))
    for step in ("advance", "advance", "promote"):
        ask_until(api.decide(f"releases/{{release}}/{step}"))
    assert {changes(digests) for digests in shown.values()} == {(old, new)}
    ask_until(api.decide("releases", candidate=old))
    ask_until(api.decide("releases/{release}/advance"))
    ask_until(api.decide("releases/{release}/rollback"))
    assert {changes(digests) for digests in shown.values()} <= {(old, new), (old, new, old, new)}
    follows(services[0], api.decide("release-plan/pin", digest=old))
    for service in services:
        service.stop()


def changes(digests: list[str]) -> tuple[str, ...]:
    """Each version once for as long as nothing else was shown."""
    return tuple(digest for digest, _ in itertools.groupby(digests))


def test_to_and_fro_would_be_seen() -> None:
    assert changes(["old", "old", "new", "old", "new", "new"]) == ("old", "new", "old", "new")


def test_a_request_and_a_bulk_one_may_insist_on_a_version(server: Server, api: Api, versions: dict[str, str]) -> None:
    follows(server, api.decide("releases", candidate=versions["harsher"]))
    insist = {"X-Model-Digest": versions["harsher"]}
    assert digest_for(server, **insist) == versions["harsher"]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS)
    bulk = server.http.post("/v1/predict/bulk", content=lines, headers=insist)
    assert bulk.headers["X-Model-Digest"] == versions["harsher"]
    asked = server.http.post("/v1/predict", json={"texts": TEXTS}, headers=insist).json()["predictions"]
    assert [json.loads(line) for line in bulk.text.splitlines()] == asked
    for path, content in (("/v1/predict", json.dumps({"texts": []})), ("/v1/predict/bulk", lines)):
        refused = server.http.post(path, content=content, headers={"X-Model-Digest": "0" * 64})
        assert refused.status_code == 404
        assert "no version of this digest is loaded" in refused.json()["detail"]
    follows(server, api.decide("releases/{release}/rollback"))


def test_a_version_that_fails_its_self_test_answers_nobody_and_says_why(
    server: Server, api: Api, versions: dict[str, str]
) -> None:
    before = metric(server, "opine_sentiment_refused_versions_total", reason="self_test")
    follows(server, api.decide("releases", candidate=versions["deaf"]))
    status = follows(server, api.decide("releases/{release}/advance"))
    assert status["candidate"] is None
    ((refusal),) = status["refused"]
    assert (refusal["digest"], refusal["kind"]) == (versions["deaf"], "self_test")
    assert "scores a complaint 0.00 and praise 0.00" in refusal["reason"]
    assert {digest_for(server, X_Session_ID=session) for session in SESSIONS} == {versions["shipped"]}
    assert metric(server, "opine_sentiment_refused_versions_total", reason="self_test") == before + 1
    follows(server, api.decide("releases/{release}/rollback"))
    assert loaded(server)["refused"] == []


def test_without_the_registry_what_was_live_last_answers(
    api: Api, versions: dict[str, str], launcher: Launcher, tmp_path: Path
) -> None:
    def launch() -> Server:
        return launcher.launch(
            SERVICE, model_dir=None, registry_url=api.url, registry_poll_s="0.1", cache_dir=str(tmp_path / "cache")
        )

    api.close()
    try:
        server = launch()
        server.until("/readyz", 200)
        assert (loaded(server)["source"], digest_for(server)) == ("shipped", load_engine(SHIPPED).digest)
        assert metric(server, "opine_sentiment_registry_failures_total") > 0
        assert server.log.count("the release plan cannot be followed") == 1
    finally:
        api.open()
    follows(server, api.decide("release-plan/pin", digest=versions["harsher"]))
    assert (loaded(server)["source"], digest_for(server)) == ("registry", versions["harsher"])
    assert "HTTP Request" not in server.log, "a look at the registry is nothing to read about"
    api.close()
    try:
        assert digest_for(server) == versions["harsher"], "it goes on as it is"
        server.stop()
        again = launch()
        again.until("/readyz", 200)
        assert (loaded(again)["source"], digest_for(again)) == ("cache", versions["harsher"])
        assert metric(again, "opine_sentiment_model_source", source="cache") == 1
        again.stop()
        # A cached artefact that was changed is not believed.
        with (tmp_path / "cache" / versions["harsher"] / "model.json").open("a") as manifest:
            manifest.write("\n")
        third = launch()
        third.until("/readyz", 200)
        assert loaded(third)["source"] == "shipped"
    finally:
        api.open()
    follows(third, api.plan)
    assert digest_for(third) == versions["harsher"], "it is fetched again"
    api.decide("release-plan/pin", digest=versions["shipped"])


def test_a_damaged_artefact_in_the_registry_is_refused(
    server: Server, api: Api, versions: dict[str, str], tmp_path: Path
) -> None:
    """As a disk may damage it, behind the back of the API, which took it whole."""
    follows(server, api.plan)
    digest = api.register(version(tmp_path, "9.0.2", temperature=1.4))
    with create_engine(api.database_url, poolclass=NullPool).begin() as connection:
        flip = "UPDATE model_version SET artefact = set_byte(artefact, 3000000, get_byte(artefact, 3000000) # 1)"
        connection.execute(text(f"{flip} WHERE digest = :digest"), {"digest": digest})
    status = follows(server, api.decide("releases", candidate=digest))
    assert status["candidate"] is None
    assert "SHA-256 differs" in status["refused"][0]["reason"]
    assert digest_for(server) == versions["shipped"]
    follows(server, api.decide("releases/{release}/rollback"))
