"""`opine-models` against the API on a port of its own."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opine_reviews.models import ModelVersion
from opine_reviews.models_cli import main, make_parser
from sqlalchemy import Engine, update
from werkzeug.serving import make_server

from tests.service.reviews.conftest import REGISTRY_TOKEN
from tests.support import ROOT
from tests.support.reviews.rows import add_reviews, scored

if TYPE_CHECKING:
    from tests.support.reviews.artefacts import Artefact

README = ROOT / "services/reviews/README.md"
Run = Callable[..., str]


@pytest.fixture
def run(
    app: Flask,
    client: FlaskClient,  # noqa: ARG001  for its empty tables
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Runs a command and gives what it printed, or why it was refused."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OPINE_MODELS_REVIEWS_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OPINE_MODELS_TOKEN", REGISTRY_TOKEN)

    def command(*arguments: str) -> str:
        capsys.readouterr()
        refused = main(["--actor", "a tester", *arguments])
        # The API runs in this process and logs to the same output.
        return refused or re.sub(r"^.*\[(?:info|warning) .*\n", "", capsys.readouterr().out, flags=re.MULTILINE)

    yield command
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_release_from_the_terminal(run: Run, artefacts: "list[Artefact]") -> None:
    one, two, three, impostor = artefacts
    assert run("show") == "revision 0: nothing was decided yet\n"
    assert run("register", str(one.folder)) == f"{one.digest[:12]}  tiny 1.0.0\n"
    run("register", str(two.folder), "--parent", one.digest[:12], "--training-run", "7")
    assert json.loads(run("show", two.digest[:12]))["parent_digest"] == one.digest
    assert "Another artefact is tiny 1.0.0 already" in run("register", str(impostor.folder))
    assert "pin the first one" in run("release", two.digest).lower()
    assert "live" in run("pin", one.digest)
    assert "No release is open" in run("promote")
    assert "seen by nobody yet" in run("release", two.digest)
    assert "seen by 10 % of the sessions" in run("release")
    listed = run("list").splitlines()
    assert [line.split()[-1] for line in listed] == ["candidate", "live"]
    shown = run("show")
    assert "candidate: 0 of 0 proposals were corrected" in shown
    assert len(re.findall("(?:start|advance) by a tester", shown)) == 2
    assert f"live {two.digest[:12]}" in run("promote")
    assert "0 versions have a digest" in run("pin", three.digest)
    run("release", one.digest)
    assert f"live {two.digest[:12]}" in run("rollback")


def test_why_says_where_a_stored_proposal_comes_from(run: Run, engine: Engine, artefacts: "list[Artefact]") -> None:
    run("register", str(artefacts[0].folder), "--image", "opine/training@sha256:1")
    shown = {"text": "Great shop!", "stars": 2, **scored(0.9)}
    add_reviews(engine, [{**shown, "model_digest": artefacts[0].digest}, {**shown, "model_digest": "0" * 64}, {}])
    told = run("why", "1")
    for fact in (
        "4 stars were proposed (score 0.900), 2 were chosen",
        f"digest: {artefacts[0].digest}",
        "image: opine/training@sha256:1",
        f"data_fingerprint: {'f' * 64}",
        "training_run: not stated",
        '"temperature":1.0',
        "another version answers now",
    ):
        assert fact in told
    assert "is not registered" in run("why", "2")
    assert "No model's prediction" in run("why", "3")
    assert "no review with this id" in run("why", "99")


def test_why_shows_words_if_the_same_version_answers(run: Run, engine: Engine, artefacts: "list[Artefact]") -> None:
    # The stand-in for the sentiment service names a digest of its own, which no artefact has.
    run("register", str(artefacts[0].folder))
    with engine.begin() as connection:
        connection.execute(update(ModelVersion).values(digest="d" * 64))
    add_reviews(engine, [{"text": "Great shop!", **scored(0.9), "model_digest": "d" * 64}])
    assert "contributions: Great +0.31, shop! +0.31" in run("why", "1")


def test_an_api_that_is_away_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_MODELS_REVIEWS_URL", "http://127.0.0.1:9")
    assert "Say where the reviews API is by OPINE_MODELS_REVIEWS_URL" in run("list")
    monkeypatch.setenv("OPINE_MODELS_REVIEWS_URL", "no address")
    with pytest.raises(SystemExit, match="OPINE_MODELS_REVIEWS_URL"):
        run("list")


def test_the_readme_lists_every_command() -> None:
    listed = set(re.findall(r"`opine-models (\w+)", README.read_text()))
    (commands,) = (action.choices for action in make_parser()._actions if action.choices)  # noqa: SLF001  argparse has no other way
    assert listed == set(commands or ())
