"""`opine-models` against the API on a port of its own."""

import json
import os
import re
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from flask import Flask
from flask.testing import FlaskClient
from opine_reviews.models import ModelVersion
from opine_reviews.models_cli import Api, main, make_parser
from sqlalchemy import Engine, update
from werkzeug.serving import make_server

from tests.support import ROOT
from tests.support.reviews.registry import REGISTRY_TOKEN
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
    assert "No version's digest begins with" in run("pin", three.digest)
    run("release", one.digest)
    assert f"live {two.digest[:12]}" in run("rollback")


def test_a_version_shows_how_the_gate_judged_it(run: Run, artefacts: "list[Artefact]", tmp_path: Path) -> None:
    judged = shutil.copytree(artefacts[0].folder, tmp_path / "judged")
    (judged / "report.html").write_text("<p>It passed: 80 to 90 %</p>", encoding="utf-8")
    digest = run("register", str(judged)).split()[0]
    assert run("report", digest) == "<p>It passed: 80 to 90 %</p>\n"
    run("register", str(artefacts[1].folder))
    assert "no gate has judged it" in run("report", artefacts[1].digest)


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
    # Whoever wrote the review wrote it for this terminal.
    add_reviews(engine, [{"text": "\x1b]0;mine\x07", **scored(0.9), "model_digest": "d" * 64}])
    assert "contributions: \\x1b]0;mine\\x07 +" in run("why", "2")


def test_an_api_that_is_away_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_MODELS_REVIEWS_URL", "http://127.0.0.1:9")
    assert "Say where the reviews API is by OPINE_MODELS_REVIEWS_URL" in run("list")
    with monkeypatch.context() as patch:
        patch.setattr(Api, "_ask", lambda *_arguments, **_query: b"<!doctype html>")
        assert "is no reviews API" in run("list")
    monkeypatch.setenv("OPINE_MODELS_REVIEWS_URL", "no address")
    with pytest.raises(SystemExit, match="OPINE_MODELS_REVIEWS_URL"):
        run("list")


def test_what_is_refused_is_said_for_this_terminal(
    run: Run, artefacts: "list[Artefact]", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for artefact in artefacts[:2]:
        run("register", str(artefact.folder))
    # As where a script's variable is not set.
    assert "An empty digest names no version" in run("pin", "")
    assert "holds no model" in run("register", str(tmp_path))
    with pytest.raises(SystemExit):
        run("--actor", "", "promote")
    digest = artefacts[0].digest
    with monkeypatch.context() as patch:
        patch.setattr(Api, "get", _plan_of_before)
        run("pin", digest)
        assert "Somebody else has decided meanwhile, and nothing was changed" in run("pin", artefacts[1].digest)
    monkeypatch.setenv("OPINE_MODELS_TOKEN", "wrong")
    assert "set OPINE_MODELS_TOKEN to its registry token" in run("pin", digest)


def _plan_of_before(api: Api, path: str, **query: object) -> Any:  # noqa: ANN401  JSON
    answer = json.loads(api._ask("GET", path, query))  # noqa: SLF001  as the method that it stands for
    return {**answer, "revision": 0} if path == "/release-plan" else answer


def test_an_answer_that_does_not_come_may_stand_for_something_done(
    run: Run, monkeypatch: pytest.MonkeyPatch, artefacts: "list[Artefact]"
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr("opine_reviews.models_cli._TIMEOUT", urllib3.Timeout(0.2))
        monkeypatch.setenv("OPINE_MODELS_REVIEWS_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert "may have been done: see `opine-models show`" in run("register", str(artefacts[0].folder))
        assert "may have been done" not in run("list")


def test_a_reader_who_has_seen_enough_gets_no_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, artefacts: "list[Artefact]"
) -> None:
    run("register", str(artefacts[0].folder))
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", closed)
        assert main(["list"]) is None


@pytest.mark.parametrize("command", ["list", "show", "register", "release", "promote", "rollback", "pin", "why"])
def test_each_command_says_what_it_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert re.search(r"^[A-Z][^\n]+", said.partition("\n\n")[2]), said
    # An argument without a word about it stands alone on its line.
    described = said.partition("show this help message and exit")
    lines = [line for line in (described[0] + described[2]).splitlines() if re.match(r"  \S+( \S+)?$", line)]
    assert all(line.startswith("  --") for line in lines), said


def test_the_readme_lists_every_command() -> None:
    listed = set(re.findall(r"`opine-models (\w+)", README.read_text()))
    (commands,) = (action.choices for action in make_parser()._actions if action.choices)  # noqa: SLF001  argparse has no other way
    assert listed == set(commands or ())
