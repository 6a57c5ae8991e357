"""What `make run` starts beside PostgreSQL, and the whole of it for a command that shows something in it."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import IO
from urllib.parse import urlsplit

from opine_common.readiness import wait_until_ready

from opine_local import STOP_SIGNALS
from opine_local.data_folder import page_url_of_run
from opine_local.ports import HOST
from opine_local.processes import Program
from opine_local.settings import CommandError, Secrets, Settings, inherited_environment

_PROBES = r"/(readyz|livez|metrics)\b"
# A service that hangs is asked again; a stop waits for a question that is under way.
_PROBE_TIMEOUT_S = 2.0
_POLL_S = 0.2
# Longer than a run takes to end everything.
_STOP_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Service:
    name: str
    # Arguments of `python -m`.
    module: list[str]
    environment: dict[str, str]
    url: str
    # Started before PostgreSQL is there; the others follow it, each once the one before is ready.
    at_once: bool = False

    @property
    def program(self) -> Program:
        return Program(self.name, [sys.executable, "-m", *self.module], self.environment, noise=_PROBES)

    def is_ready(self) -> bool:
        return is_ready(f"{self.url}/readyz")


def services(settings: Settings, secrets: Secrets, database_url: str, admin_password: str) -> list[Service]:
    sentiment_url, reviews_url = url_of(settings.sentiment_port), url_of(settings.reviews_port)
    return [
        Service(
            "sentiment",
            ["bentoml", "serve", "opine_sentiment.service:Sentiment",
             "--host", HOST, "--port", str(settings.sentiment_port)],
            {
                "OPINE_SENTIMENT_LOG_JSON": "false",
                "BENTOML_DO_NOT_TRACK": "True",
                "BENTOML_HOME": str(settings.bentoml_home),
                "OPINE_SENTIMENT_CACHE_DIR": str(settings.models_dir),
                **({} if settings.model_dir else {"OPINE_SENTIMENT_REGISTRY_URL": reviews_url}),
            },
            sentiment_url,
            at_once=True,
        ),
        Service(
            "reviews",
            ["opine_local.reviews", "--config", "python:opine_reviews.gunicorn_conf"],
            {
                "OPINE_REVIEWS_DATABASE_URL": database_url,
                "OPINE_REVIEWS_SENTIMENT_URL": sentiment_url,
                "OPINE_REVIEWS_ADMIN_TOKEN": secrets.admin_token,
                "OPINE_REVIEWS_REGISTRY_TOKEN": secrets.registry_token,
                "OPINE_REVIEWS_CLIENT_HASH_KEY": secrets.client_hash_key,
                "OPINE_REVIEWS_BIND": f"{HOST}:{settings.reviews_port}",
                # No other site's name for this machine.
                "OPINE_REVIEWS_ALLOWED_HOSTS": "127.0.0.1,localhost",
                "OPINE_REVIEWS_WORKERS": "1",
                # The frontend, which names the person's address.
                "OPINE_REVIEWS_TRUSTED_PROXIES": "1",
                "OPINE_REVIEWS_LOG_JSON": "false",
                "PROMETHEUS_MULTIPROC_DIR": str(settings.metrics_dir),
            },
            reviews_url,
        ),
        Service(
            "frontend",
            ["gunicorn", "--config", "python:opine_frontend.gunicorn_conf",
             "--worker-tmp-dir", tempfile.gettempdir()],
            {
                "OPINE_FRONTEND_BIND": f"{HOST}:{settings.frontend_port}",
                "OPINE_FRONTEND_REVIEWS_URL": reviews_url,
                "OPINE_FRONTEND_ALLOWED_HOSTS": "127.0.0.1,localhost",
                "OPINE_FRONTEND_ADMIN_PASSWORD": admin_password,
                "OPINE_FRONTEND_ADMIN_TOKEN": secrets.admin_token,
                "OPINE_FRONTEND_SECRET_KEY": secrets.session_key,
                "OPINE_FRONTEND_DEMO_COMMAND": "make demo",
                "OPINE_FRONTEND_LOG_JSON": "false",
            },
            settings.page_url,
        ),
    ]  # fmt: skip


def followers(settings: Settings, secrets: Secrets, reading_url: str, analysis_url: str) -> list[Program]:
    """What nobody waits for. A person's own model has nobody to judge it."""
    judges = [] if settings.model_dir else [judge(settings, secrets, analysis_url)]
    return [reader(settings, reading_url), *judges]


def judge(settings: Settings, secrets: Secrets, analysis_url: str) -> Program:
    """What makes the shipped model the first version, decides releases, and lets versions learn where PyTorch is."""
    return Program(
        "learning",
        [sys.executable, "-m", "opine_learning", "run", "--every", f"{settings.look_every_s:g}"],
        {
            "OPINE_LEARNING_REVIEWS_URL": url_of(settings.reviews_port),
            "OPINE_LEARNING_SENTIMENT_URL": url_of(settings.sentiment_port),
            "OPINE_LEARNING_REGISTRY_TOKEN": secrets.registry_token,
            "OPINE_LEARNING_TRAINING": "process",
            "OPINE_LEARNING_TRAINING_PYTHON": settings.training_python,
            "OPINE_LEARNING_TRAINING_DIR": str(settings.data_dir / "training"),
            "OPINE_LEARNING_TRAINING_DATABASE_URL": analysis_url,
            "OPINE_LEARNING_LOG_JSON": "false",
        },
    )


def reader(settings: Settings, database_url: str) -> Program:
    """What reads new reviews for their terms; the page is there without it."""
    return Program(
        "reader",
        [sys.executable, "-m", "opine_reviews", "read", "--every", "5"],
        {
            "OPINE_REVIEWS_DATABASE_URL": database_url,
            "OPINE_REVIEWS_SENTIMENT_URL": url_of(settings.sentiment_port),
            "OPINE_REVIEWS_LOG_JSON": "false",
        },
    )


def is_ready(url: str) -> bool:
    """Whether a GET of this `http://` URL answers 200 now."""
    parts = urlsplit(url)
    # Not urllib, which would ask a proxy that the person's environment names.
    connection = HTTPConnection(parts.netloc, timeout=_PROBE_TIMEOUT_S)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def url_of(port: int) -> str:
    return f"http://{HOST}:{port}"


def run_command(work: Callable[[], None]) -> str | None:
    """Do what a command is for, to its end or until Ctrl-C.

    Returns:
        What the person must know if it went wrong, as `sys.exit` takes it.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    try:
        work()
    except KeyboardInterrupt:
        return None
    except CommandError as error:
        return str(error)
    return None


def say(sentence: str) -> None:
    """A line of a command's own output."""
    print(sentence, flush=True)  # noqa: T201


@contextmanager
def running_app(
    settings: Settings, environment: Mapping[str, str] | None = None, output: IO[bytes] | None = None
) -> Iterator[str]:
    """The page's URL of the Opine on these data: another terminal's, or one that is started here and then stopped.

    Args:
        settings: of the Opine.
        environment: that it is started in, which must give the same settings; this process's if None.
        output: where its lines go; to the terminal if None.

    Raises:
        CommandError: it did not start, or was not ready in time.
    """
    found = page_url_of_run(settings.data_dir)
    if found is not None:
        _wait_for_app(found, settings.ready_timeout_s, None)
        yield found
        return
    # In a session of its own: at Ctrl-C it ends after what uses it.
    with subprocess.Popen(
        [sys.executable, "-m", "opine_local"],
        env=environment or inherited_environment(),
        stdout=output,
        stderr=output and subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            _wait_for_app(settings.page_url, settings.ready_timeout_s, process)
            yield settings.page_url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_TIMEOUT_S)


def _wait_for_app(page_url: str, timeout_s: float, process: "subprocess.Popen[bytes] | None") -> None:
    def missing() -> str | None:
        if process is not None and process.poll() is not None:
            raise CommandError("Opine did not start; the lines above say why.")
        return None if is_ready(f"{page_url}/readyz") else "Opine"

    try:
        wait_until_ready(missing, timeout_s=timeout_s, pause_s=_POLL_S)
    except TimeoutError:
        raise CommandError(f"Opine at {page_url} was not ready within {timeout_s:g} s.") from None
