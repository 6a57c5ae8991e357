"""`make release-demo`: a good and a bad release, judged by simulated visitors, in an Opine of its own."""

import argparse
import json
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import urllib3
from opine_reviews.demo import demo_reviews

from opine_local.ports import any_free
from opine_local.services import run_command, running_app, say, url_of
from opine_local.settings import CommandError, Settings, inherited_environment, load_or_create_secrets

_VISITORS = 6
_BRAND = "lego"
_TIMEOUT = urllib3.Timeout(10.0)
_GIVEN_UP_S = 170.0
_PAUSE_S = 0.5
# The shadow has the time in which nobody waits for an answer.
_BETWEEN_S = 0.1
_LINES_SHOWN = 20

# A release has a minute instead of days. Nearly any shadow passes, so that it is people who judge the bad one.
IN_A_HURRY = {
    "OPINE_LOCAL_LOOK_EVERY_S": "1",
    "OPINE_SENTIMENT_REGISTRY_POLL_S": "0.5",
    "OPINE_LEARNING_MIN_STAGE_S": "3",
    "OPINE_LEARNING_SHADOW_COMPARISONS": "50",
    "OPINE_LEARNING_MAX_LABEL_FLIPS": "0.9",
    "OPINE_LEARNING_MIN_REVIEWS": "10",
    "OPINE_LEARNING_MARGIN": "0.25",
    "OPINE_LEARNING_ALPHA": "0.01",
}


@dataclass(frozen=True)
class Candidate:
    """The shipped weights with another calibration, and what should become of it."""

    version: str
    calibration: dict[str, object]
    outcome: str


CANDIDATES = (
    Candidate("demo-good", {"temperature": 1.45}, "promoted"),
    # Another label for more than half of the texts: whoever is pleased is proposed few stars.
    Candidate("demo-bad", {"star_bias": [2.5, 1.0, 0.0, -2.0, -3.5]}, "rolled_back"),
)


def main(arguments: list[str] | None = None) -> str | None:
    """Run the demonstration to its end, or until Ctrl-C; returns as `run_command`."""
    parser = argparse.ArgumentParser("opine_local.release_demo", description="Shows a good and a bad release.")
    parser.add_argument("--model", type=Path, required=True, help="folder of the shipped model")
    model = parser.parse_args(arguments).model
    return run_command(lambda: _run(model))


def _run(model: Path) -> None:
    with own_opine(IN_A_HURRY) as (folder, opine, inherited):
        releases = Releases(opine, inherited)
        releases.until_first_version()
        with visitors(releases.url, pause_s=_BETWEEN_S):
            for candidate in CANDIDATES:
                begun = time.monotonic()
                outcome = releases.play(make_version(model, folder / candidate.version, candidate))
                say(f"{candidate.version} was {outcome.replace('_', ' ')} after {time.monotonic() - begun:.0f} s.\n")
                if outcome != candidate.outcome:
                    raise CommandError(
                        f"{candidate.version} should have been {candidate.outcome}: the lines above say why."
                    )


@contextmanager
def own_opine(hurry: dict[str, str]) -> Iterator[tuple[Path, Settings, dict[str, str]]]:
    """An Opine that is gone afterwards: its folder, its settings, and what a command inherits.

    Args:
        hurry: settings by which it takes minutes instead of days.
    """
    with tempfile.TemporaryDirectory(prefix="opine-demo-") as folder:
        log = Path(folder) / "log"
        try:
            with ExitStack() as stack:
                yield Path(folder), *_start(Path(folder), hurry, stack, stack.enter_context(log.open("wb")))
        except CommandError as error:
            last = log.read_text(errors="replace").splitlines()[-_LINES_SHOWN:]
            raise CommandError("\n".join(["The last lines of this Opine:", *last, str(error)])) from error


def _start(folder: Path, hurry: dict[str, str], stack: ExitStack, log: IO[bytes]) -> tuple[Settings, dict[str, str]]:
    ports = {f"OPINE_LOCAL_{name}_PORT": str(any_free()) for name in ("FRONTEND", "REVIEWS", "SENTIMENT")}
    inherited = {name: value for name, value in inherited_environment().items() if not name.startswith("OPINE_")}
    data_dir = folder / "data"
    settings = Settings(
        data_dir=data_dir,
        frontend_port=int(ports["OPINE_LOCAL_FRONTEND_PORT"]),
        reviews_port=int(ports["OPINE_LOCAL_REVIEWS_PORT"]),
        sentiment_port=int(ports["OPINE_LOCAL_SENTIMENT_PORT"]),
    )
    say("An Opine of its own, which is gone afterwards. Its judge is in a hurry:")
    say("  " + shlex.join(f"{name}={value}" for name, value in hurry.items()))
    environment = {**inherited, **ports, **hurry, "OPINE_LOCAL_DATA_DIR": str(data_dir)}
    stack.enter_context(running_app(settings, environment, log))
    return settings, inherited


def make_version(model: Path, folder: Path, candidate: Candidate) -> Path:
    """The folder of the candidate's artefact."""
    shutil.copytree(model, folder)
    manifest = folder / "model.json"
    described = json.loads(manifest.read_text())
    described["version"] = candidate.version
    described["calibration"] |= candidate.calibration
    manifest.write_text(json.dumps(described))
    return folder


class Releases:
    """Starts releases as a person does, by `opine-models`, and tells what the judge decides."""

    def __init__(self, opine: Settings, inherited: dict[str, str]) -> None:
        self.url = url_of(opine.reviews_port)
        self._http = urllib3.PoolManager(timeout=_TIMEOUT)
        token = load_or_create_secrets(opine.secrets_path).registry_token
        self._environment = inherited | {"OPINE_MODELS_REVIEWS_URL": self.url, "OPINE_MODELS_TOKEN": token}

    def until_first_version(self) -> None:
        end = time.monotonic() + _GIVEN_UP_S
        while self._get("/release-plan")["live"] is None:
            if time.monotonic() > end:
                raise CommandError("The judge did not make the shipped model the first version.")
            time.sleep(_PAUSE_S)

    def play(self, folder: Path) -> str:
        """The outcome of a release of this artefact."""
        digest = self._models("register", str(folder)).split()[0]
        self._models("release", digest)
        release = self._get("/release-plan")["release"]
        told = 0
        end = time.monotonic() + _GIVEN_UP_S
        while time.monotonic() < end:
            # Before the events, or the last one might come between both questions and go untold.
            outcome = self._get(f"/releases/{release}")["outcome"]
            events = self._get(f"/release-events?release={release}&limit=100")["items"][::-1]
            for event in events[told:]:
                say(f"  {event['kind']}, {event['weight']} % of the visitors: {describe(event['evidence'])}")
            told = len(events)
            if outcome is not None:
                return str(outcome)
            time.sleep(_PAUSE_S)
        raise CommandError(f"The release was not decided within {_GIVEN_UP_S:g} s.")

    def _models(self, *arguments: str) -> str:
        say("$ opine-models " + " ".join(arguments))
        command = [str(Path(sys.executable).with_name("opine-models")), *arguments]
        done = subprocess.run(  # noqa: S603  ours
            command, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CommandError(done.stderr.strip() or "opine-models failed.")
        return done.stdout

    def _get(self, path: str) -> Any:  # noqa: ANN401  JSON
        return self._http.request("GET", f"{self.url}/api/v1{path}").json()


def describe(evidence: dict[str, Any]) -> str:
    """The reason of a decision, and what people corrected."""
    said = [str(evidence.get("reason", "a person's decision"))]
    for name, counts in evidence.items():
        if name.startswith("corrected_at_"):
            said.append(
                f"{counts['candidate']} of {counts['candidate_of']} proposals corrected, "
                f"{counts['baseline']} of {counts['baseline_of']} of the live version's"
            )
    return "; ".join(said)


Listen = Callable[[str, int, Any], None]
"""Hears the session, the status and the JSON of each answer."""


def _nobody(_session: str, _status: int, _answer: Any) -> None:  # noqa: ANN401  JSON
    pass


def visitors(url: str, listen: Listen = _nobody, pause_s: float = 0) -> AbstractContextManager[None]:
    """People who have a text scored while they write, and choose the stars that they mean, until the end of the block.

    Args:
        url: of the reviews API.
        listen: hears of every answer.
        pause_s: between two requests of a person.
    """
    return crowd(lambda stop, number: _write_reviews(url, stop, number, listen, pause_s))


@contextmanager
def crowd(write: Callable[[threading.Event, int], None]) -> Iterator[None]:
    """Six people who write at the same time, each with a number, until the event is set: at the end of the block."""
    stop = threading.Event()
    with ThreadPoolExecutor(_VISITORS) as pool:
        writing = [pool.submit(write, stop, number) for number in range(_VISITORS)]
        try:
            yield
        finally:
            stop.set()
        for one in writing:
            one.result()


def _write_reviews(url: str, stop: threading.Event, seed: int, listen: Listen, pause_s: float) -> None:
    chance = random.Random(seed)
    texts = demo_reviews(datetime.now(UTC))
    http = urllib3.PoolManager(timeout=_TIMEOUT)

    def ask(path: str, body: object, headers: dict[str, str]) -> Any:  # noqa: ANN401  JSON
        try:
            answer = http.request("POST", f"{url}/api/v1{path}", json=body, headers=headers)
            status, said = answer.status, answer.json()
        except urllib3.exceptions.HTTPError as error:
            status, said = 0, {"detail": repr(error)}
        listen(headers["X-Session-ID"], status, said)
        stop.wait(pause_s)
        return said

    while not stop.is_set():
        review = chance.choice(texts)
        # Each a person of their own, whom the limits of one client do not concern.
        address = ".".join(["10", *(str(chance.randrange(1, 255)) for _ in range(3))])
        headers = {"X-Session-ID": f"visitor-{chance.randrange(10**9)}", "X-Forwarded-For": address}
        ask("/predictions", {"text": review.text[: len(review.text) // 2]}, headers)
        shown = ask("/predictions", {"text": review.text}, headers)
        if "prediction" not in shown:
            stop.wait(_PAUSE_S)
            continue
        kept = {name: shown["prediction"][name] for name in ("stars", "score", "label")}
        prediction = {**kept, "model": shown["model"], "signature": shown["signature"]}
        body = {"brand": _BRAND, "text": review.text, "stars": review.stars, "prediction": prediction}
        if "id" not in ask("/reviews", body, headers):
            stop.wait(_PAUSE_S)


if __name__ == "__main__":
    sys.exit(main())
