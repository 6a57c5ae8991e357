"""`opine-learning`: looks at the open release, once or for ever; shows what the judge is worth; rescores the past."""

import argparse
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NoReturn

from opine_common.logs import configure_logging
from opine_common.text import printable

from opine_learning.judge import Policy
from opine_learning.rescoring import block, rescore
from opine_learning.services import Registry, Sentiment, ServiceError
from opine_learning.settings import Settings, get_settings
from opine_learning.simulation import DIFFERENCES, REVIEWS_A_DAY, Scenario, characterise, table
from opine_learning.steps import Decision, take_step
from opine_learning.training_processes import TrainingProcesses
from opine_learning.trainings import Launcher, LauncherError, Trainings

logger = logging.getLogger("opine.learning")

_PAUSE_S = 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = make_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.run
    return command(options)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="opine-learning", description="Judge releases of model versions.")
    commands = parser.add_subparsers(dest="command", required=True)
    step = commands.add_parser("step", help="look at the open release once, and take the step that it is ready for")
    step.add_argument(
        "--patience",
        type=_seconds,
        default=0.0,
        help="seconds in which a service that is away is asked again (default: once)",
    )
    step.set_defaults(run=_step)
    run = commands.add_parser("run", help="look again and again")
    run.add_argument("--every", type=_seconds, default=60.0, help="seconds between two looks (default 60)")
    run.set_defaults(run=_run)
    past = commands.add_parser("rescore", help="let the candidate and the live version score the stored reviews")
    past.add_argument("--most", type=_count, help="reviews, newest first (default: all)")
    past.set_defaults(run=_rescore)
    simulate = commands.add_parser("simulate", help="show what the judge is worth, by simulated releases, as a table")
    simulate.add_argument("--releases", type=_count, default=1000, help="of each kind (default 1000)")
    simulate.add_argument("--seed", type=int, default=1, help="of all chance (default 1)")
    simulate.set_defaults(run=_simulate)
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise argparse.ArgumentTypeError("must be a number above 0")
    return seconds


def _step(options: argparse.Namespace) -> int:
    services = Services(_begin())
    end = time.monotonic() + options.patience
    try:
        while True:
            try:
                services.look()
            except (ServiceError, LauncherError) as error:
                if time.monotonic() >= end:
                    logger.error("there is no looking at the release", extra={"error": str(error)})  # noqa: TRY400  the sentence says it
                    return 1
                time.sleep(_PAUSE_S)
            else:
                return 0
    finally:
        services.close()


def _run(options: argparse.Namespace) -> NoReturn:
    # Wherever it is: a look that was cut off has decided or not.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    services = Services(_begin())
    failing = False
    try:
        while True:
            try:
                services.look()
                failing = False
            except (ServiceError, LauncherError) as error:
                # A service that is away is said once, not every minute.
                if not failing:
                    logger.warning("there is no looking at the release", extra={"error": str(error)})
                failing = True
            time.sleep(options.every)
    finally:
        services.close()


def _rescore(options: argparse.Namespace) -> int:
    settings = _begin()
    services = Services(settings)
    try:
        found = rescore(services.registry, services.sentiment, most=options.most)
        for line in found.lines():
            sys.stdout.write(printable(line) + "\n")
        reason = block(services.registry, found, settings.max_past_flips)
    except ServiceError as error:
        logger.error("the past cannot be rescored", extra={"error": str(error)})  # noqa: TRY400  the sentence says it
        return 1
    finally:
        services.close()
    if reason is not None:
        logger.warning("the release is taken back", extra={"reason": reason})
    return 0


def _simulate(options: argparse.Namespace) -> int:
    scenarios = [Scenario(reviews, difference) for difference in DIFFERENCES for reviews in REVIEWS_A_DAY]
    # A release takes a while here, and scenarios do not need each other.
    with ProcessPoolExecutor() as pool:
        play = partial(characterise, policy=Policy(), releases=options.releases, seed=options.seed)
        for line in table(list(pool.map(play, scenarios))):
            sys.stdout.write(line + "\n")
    return 0


def _begin() -> Settings:
    settings = get_settings()
    configure_logging("learning", json=settings.log_json)
    # httpx has a line for each request.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return settings


class Services:
    """What one run asks and tells."""

    def __init__(self, settings: Settings) -> None:
        self.registry, self.sentiment = Registry(settings), Sentiment(settings)
        self._settings = settings
        self._namespace, self._cron_job = settings.kubernetes_namespace, settings.kubernetes_cron_job
        self._launcher = _make_launcher(settings)
        self._trainings: Trainings | None = None
        if self._launcher is not None:
            policy = settings.training_policy
            self._trainings = Trainings(self.registry, self.sentiment, self._launcher, policy, self.tell)

    def look(self) -> None:
        """At the release, and at whether a version should learn.

        Raises:
            ServiceError: a service did not answer.
            LauncherError: a training could not be started or looked at.
        """
        take_step(self.registry, self.sentiment, self._settings.policy, self.tell)
        if self._trainings is not None:
            self._trainings.look()

    def tell(self, decision: Decision) -> None:
        """An Event of the cluster, where there is one."""
        if self._namespace:
            # Its client takes a second to import, and most looks decide nothing.
            from opine_learning.kubernetes_events import KubernetesEvents  # noqa: PLC0415

            KubernetesEvents(self._namespace, self._cron_job).tell(decision)

    def close(self) -> None:
        if self._launcher is not None:
            self._launcher.close()
        self.registry.close()
        self.sentiment.close()


def _make_launcher(settings: Settings) -> Launcher | None:
    if settings.training == "off":
        return None
    if settings.training == "process":
        return TrainingProcesses(settings)
    from opine_learning.kubernetes_jobs import TrainingJobs  # noqa: PLC0415  a second, and only in a cluster

    return TrainingJobs(settings.kubernetes_namespace, settings.kubernetes_training_cron_job)
