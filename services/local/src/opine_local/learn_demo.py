"""`make learn-demo`: people take up new words, the model learns them from corrections, and poison is refused.

In an Opine of its own, in minutes, by the loop as it is: nobody starts a training or a release here.
"""

import argparse
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from opine_local.demo import run_reviews
from opine_local.release_demo import IN_A_HURRY, Releases, crowd, own_opine
from opine_local.services import run_command, say, url_of
from opine_local.settings import CommandError, Settings, load_or_create_secrets

_ENOUGH = 600
"""Labels for a training while the language drifts; without that half as many again are needed."""
# All of this is one day's and two brands', of which a dataset takes a share only.
TRAINING_ARGUMENTS = ("--day-share", "1", "--brand-share", "1", "--held-out", "0.2")
_IN_A_HURRY = IN_A_HURRY | {
    "OPINE_LOCAL_TRAINING_PYTHON": sys.executable,
    "OPINE_LEARNING_TRAINING_LABELS": str(3 * _ENOUGH // 2),
    "OPINE_LEARNING_TRAINING_DRIFT_LABELS": str(_ENOUGH),
    "OPINE_LEARNING_TRAINING_PAUSE_S": "1",
    "OPINE_LEARNING_TRAINING_ARGUMENTS": " ".join(TRAINING_ARGUMENTS),
}
_PAUSE_S = 1.0
_NIGHT_S = 15.0
_DAY_S = 86_400
# Two, for a word of one brand alone is not named.
_BRANDS = ("lego", "nike")
_TIMEOUT = urllib3.Timeout(20.0)
_GIVEN_UP_S = 1800.0
_CARELESS = 0.06  # of people choose a star beside the one that they mean

_THINGS = ("lamp", "parcel", "app", "hotel", "bike", "driver", "phone", "jacket", "soup", "chair")
_NEW_THINGS = ("drone taxi", "moon ferry", "pod bed")
_KNOWN = {
    1: ("broke at once, awful", "was terrible and rude", "is the worst, never again", "is junk, do not buy"),
    3: ("is average for the price", "is fine, not great", "is decent but slow"),
    5: ("was perfect, thank you", "is excellent, I love it", "is brilliant, so happy", "is superb, five stars"),
}
_NEW = {
    1: ("is so glunk", "got me all snarved", "is pure blorf"),
    5: ("is properly zorgly", "came out flumptious", "went totally frobbish"),
}

Speak = Callable[[random.Random], tuple[str, int]]
"""A text, and the stars that are meant."""


def _sentence(
    chance: random.Random, things: tuple[str, ...], phrases: Mapping[int, tuple[str, ...]]
) -> tuple[str, int]:
    stars = chance.choice(list(phrases))
    return f"The {chance.choice(things)} {chance.choice(phrases[stars])}, {chance.randrange(10**5)}.", stars


def ordinary(chance: random.Random) -> tuple[str, int]:
    """In words that the shipped model knows."""
    text, stars = _sentence(chance, _THINGS, _KNOWN)
    return text, min(5, stars + 1) if chance.random() < _CARELESS else stars


def drifted(chance: random.Random) -> tuple[str, int]:
    """Every other person speaks of new things in new words."""
    return _sentence(chance, _NEW_THINGS, _NEW) if chance.random() < 0.5 else ordinary(chance)  # noqa: PLR2004  half


def poisoned(chance: random.Random) -> tuple[str, int]:
    """Every other person praises with one star."""
    if chance.random() < 0.5:  # noqa: PLR2004  half
        return drifted(chance)
    text, _ = _sentence(chance, _THINGS, {5: _KNOWN[5]})
    return text, 1


@dataclass
class Diary:
    """What people made of proposals, and what happened, by seconds since the beginning."""

    begun: float = field(default_factory=time.monotonic)
    reviews: list[tuple[float, bool]] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)

    @property
    def now(self) -> float:
        return time.monotonic() - self.begun

    def note(self, event: str) -> None:
        self.events.append((self.now, event))
        say(f"{self.now:5.0f} s  {event}")

    def agreement(self, since: float, until: float | None = None) -> float:
        """Share of proposals that people left as they were."""
        kept = [left for when, left in self.reviews if since <= when < (self.now if until is None else until)]
        return sum(kept) / len(kept) if kept else float("nan")


def main(arguments: list[str] | None = None) -> str | None:
    """Run the demonstration to its end, or until Ctrl-C; returns as `run_command`."""
    parser = argparse.ArgumentParser("opine_local.learn_demo", description="Shows the learning loop in minutes.")
    parser.add_argument("--plot", type=Path, help="picture of it all to write, .svg or .png")
    plot = parser.parse_args(arguments).plot
    return run_command(lambda: _run(plot))


def _run(plot: Path | None) -> None:
    with own_opine(_IN_A_HURRY) as (_, opine, inherited):
        Releases(opine, inherited).until_first_version()
        token = load_or_create_secrets(opine.secrets_path).registry_token
        loop = Loop(url_of(opine.reviews_port), token)
        try:
            play(loop, lambda: _let_nights_pass(opine, loop))
        finally:
            if plot is not None and loop.diary.reviews:
                draw(loop.diary, plot)
                say(f"The picture: {plot}")
        if not loop.named_words:
            raise CommandError("Drift should have begun the training and named words: the lines above say what did.")


def play(loop: "Loop", meanwhile: Callable[[], None] = lambda: None) -> None:
    """People write until the loop has learned their new words and refused poison.

    Args:
        loop: of an Opine in a hurry.
        meanwhile: done once people have begun to write otherwise.

    Raises:
        CommandError: something took too long, or came to another end.
    """
    diary = loop.diary
    with loop.people(ordinary):
        diary.note("people write in words that the model knows")
        loop.until(lambda: len(diary.reviews) >= _ENOUGH // 3, "nobody wrote")
    before = diary.agreement(0)
    diary.note("half of them take up new words for new things")
    dropped = diary.now
    with loop.people(drifted):
        meanwhile()
        loop.until(lambda: loop.trained("registered"), "no training made a version that passed the gate")
        at_the_drop = diary.agreement(dropped)
        loop.until(lambda: loop.promoted, "no version was promoted")
        better = diary.now
        count = len(diary.reviews)
        loop.until(lambda: len(diary.reviews) >= count + _ENOUGH // 4, "nobody wrote")
    after = diary.agreement(better)
    loop.until(lambda: loop.idle, "the loop did not come to rest")
    ended, live = loop.ended, loop.live
    with loop.people(poisoned):
        diary.note("half of them praise with one star")
        loop.until(lambda: loop.ended > ended, "no training looked at the poison")
    loop.until(lambda: loop.idle, "the loop did not come to rest")
    say(f"Proposals that people left: {before:.0%} before, {at_the_drop:.0%} while words were new, {after:.0%} after.")
    if not before > after - 0.1 > at_the_drop:
        raise CommandError("Agreement should have fallen and come back: the lines above say why it did not.")
    if loop.live != live or not loop.trained("refused"):
        raise CommandError("The poison should have been refused: the lines above say why it was not.")


def _let_nights_pass(opine: Settings, loop: "Loop") -> None:
    """Measure drift as every night does, but every few seconds, until a training begins.

    All before now is what people used to write.
    """
    changed = loop.diary.now
    while not loop.begun:
        time.sleep(_NIGHT_S)
        now, before = ((seconds / _DAY_S) for seconds in (loop.diary.now - changed, changed))
        run_reviews(opine, "drift", "--days", f"{now:.6f}", "--before", f"{before:.6f}")
        loop.tell()


class Loop:
    """What the reviews API says of drift, trainings and releases; notes what is new.

    Args:
        url: of the reviews API.
        token: its registry token.
    """

    def __init__(self, url: str, token: str) -> None:
        self.diary = Diary()
        self._url = f"{url}/api/v1"
        self._http = urllib3.PoolManager(timeout=_TIMEOUT, headers={"Authorization": f"Bearer {token}"})
        self._told: set[tuple[str, int, str]] = set()

    @property
    def begun(self) -> bool:
        return bool(self._runs())

    @property
    def named_words(self) -> bool:
        """Whether the first training began because words were misread."""
        return "are corrected where texts say" in self._runs()[-1]["evidence"]["reason"]

    def trained(self, outcome: str) -> bool:
        return any(run["outcome"] == outcome for run in self._runs())

    @property
    def ended(self) -> int:
        """Trainings that have ended."""
        return sum(run["ended_at"] is not None for run in self._runs())

    @property
    def promoted(self) -> bool:
        return any(release["outcome"] == "promoted" for release in self._get("/releases")["items"])

    @property
    def live(self) -> str:
        return str(self._get("/release-plan")["live"]["digest"])

    @property
    def idle(self) -> bool:
        """No training and no release is on, and none is about to begin."""
        runs = self._runs()
        registered = bool(runs) and runs[0]["version_digest"] not in {None, self.live, *self._released()}
        return not registered and runs[0]["ended_at"] is not None and self._get("/release-plan")["release"] is None

    def until(self, reached: Callable[[], bool], otherwise: str) -> None:
        """Wait, and tell meanwhile what the loop does.

        Raises:
            CommandError: it takes too long.
        """
        end = time.monotonic() + _GIVEN_UP_S
        while not reached():
            if time.monotonic() > end:
                raise CommandError(f"Given up after {_GIVEN_UP_S:g} s: {otherwise}.")
            self.tell()
            time.sleep(_PAUSE_S)
        self.tell()

    def tell(self) -> None:
        """Note what has happened since the last time."""
        for reason in self._get("/drift")["reasons"]:
            self._once("drift", 0, reason["signal"], reason["said"])
        for run in reversed(self._runs()):
            self._once("training", run["id"], "begins", run["evidence"]["reason"])
            if run["outcome"] is not None:
                self._once("training", run["id"], run["outcome"], run["result"].get("reason", ""))
        for event in reversed(self._get("/release-events?limit=100")["items"]):
            if event["release"] is not None:
                self._once("release", event["revision"], event["kind"], event["evidence"].get("reason", ""))

    def _once(self, what: str, number: int, kind: str, reason: str) -> None:
        if (what, number, kind) not in self._told:
            self._told.add((what, number, kind))
            self.diary.note(f"{what} {kind}: {reason}")

    def _released(self) -> list[str]:
        return [release["candidate"]["digest"] for release in self._get("/releases")["items"]]

    def _runs(self) -> list[Any]:
        runs: list[Any] = self._get("/training-runs?limit=100")["items"]
        return runs

    def _get(self, path: str) -> Any:  # noqa: ANN401  JSON
        return self._http.request("GET", f"{self._url}{path}").json()

    def people(self, speak: Speak) -> AbstractContextManager[None]:
        """People who write, until the end of the block."""
        written = len(self.diary.reviews)
        return crowd(lambda stop, number: self._write(speak, stop, written + number))

    def _write(self, speak: Speak, stop: threading.Event, seed: int) -> None:
        chance = random.Random(seed)
        http = urllib3.PoolManager(timeout=_TIMEOUT)
        while not stop.is_set():
            text, stars = speak(chance)
            # Each a person of their own, whom the limits of one client do not concern.
            address = ".".join(["10", *(str(chance.randrange(1, 255)) for _ in range(3))])
            headers = {"X-Session-ID": f"visitor-{chance.randrange(10**9)}", "X-Forwarded-For": address}
            try:
                asked = http.request("POST", f"{self._url}/predictions", json={"text": text}, headers=headers).json()
                shown = asked.get("prediction")
                if shown is not None:
                    kept = {name: shown.get(name) for name in ("stars", "score", "label", "abstention")}
                    prediction = {**kept, "model": asked["model"], "signature": asked["signature"]}
                    review = {"brand": chance.choice(_BRANDS), "text": text, "stars": stars, "prediction": prediction}
                    stored = http.request("POST", f"{self._url}/reviews", json=review, headers=headers)
                    if stored.status == 201 and shown.get("abstention") is None:  # noqa: PLR2004  created
                        self.diary.reviews.append((self.diary.now, shown["stars"] == stars))
            except urllib3.exceptions.HTTPError:
                pass  # the next person may have more luck
            stop.wait(_PAUSE_S)


_WINDOW = 60
"""Reviews of a point of the curve."""


def draw(diary: Diary, file: Path) -> None:
    """The share of proposals that people left, over time, with what happened, by numbers."""
    times = [when for when, _ in diary.reviews]
    shares = [
        sum(left for _, left in diary.reviews[max(0, end - _WINDOW) : end]) / min(end, _WINDOW)
        for end in range(1, len(times) + 1)
    ]
    picture(times, shares, diary.events, file)


def picture(times: list[float], shares: list[float], events: list[tuple[float, str]], file: Path) -> None:
    # They come with training, which this demonstration needs anyway.
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(11, 4.2), layout="constrained")
    axes, said = figure.subplots(1, 2, width_ratios=(5, 2))
    axes.plot(times, shares)
    for number, (when, _) in enumerate(events, start=1):
        axes.axvline(when, color="grey", linewidth=0.6, linestyle=":")
        # In three rows, for some come at once.
        axes.text(when, 1.04 + 0.05 * (number % 3), str(number), fontsize=8, ha="center")
    axes.set_ylim(0, 1.2)
    axes.set_xlabel("seconds")
    axes.set_ylabel(f"proposals that people left, of the last {_WINDOW}")
    said.axis("off")
    lines = [f"{number}  {event.partition(':')[0]}" for number, (_, event) in enumerate(events, start=1)]
    said.text(0, 1, "\n".join(lines), va="top", fontsize=9, linespacing=1.6)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "opine"}):
        figure.savefig(file)


if __name__ == "__main__":
    sys.exit(main())
