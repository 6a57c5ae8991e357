"""`opine-models`: model versions and releases from a terminal, by the reviews API alone."""

import argparse
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from getpass import getuser
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
from charcnn.archive import MEDIA_TYPE, pack, unpack
from charcnn.artefact import REPORT, ArtefactError, Manifest
from opine_common.problems import detail_of
from opine_common.settings import read_settings_or_exit
from opine_common.text import printable
from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_V1 = "/api/v1"
_TIMEOUT = urllib3.Timeout(connect=3.0, read=30.0)
_DIGEST_SHOWN = 12
_FIRST_ERROR = 400
_WORDS_SHOWN = 10
_LONGEST_ACTOR = 100
_DIGEST_HELP = "its digest, or a beginning that is no other's"


class Settings(BaseSettings):
    """Which API is asked, and the token that decides. Names carry the prefix `OPINE_MODELS_`."""

    model_config = SettingsConfigDict(env_prefix="OPINE_MODELS_", hide_input_in_errors=True)

    reviews_url: AnyHttpUrl = Field(default=AnyHttpUrl("http://127.0.0.1:5000"), description="the reviews API")
    token: SecretStr = Field(
        default=SecretStr(""), description="its registry token: to register, to decide, and for `why`"
    )


class RefusedError(Exception):
    """The API did not do what it was asked; the message says why."""


class Api:
    """The registry's routes. A request is sent once: a decision that got no answer may have been taken."""

    def __init__(self, settings: Settings) -> None:
        self._base_url = str(settings.reviews_url).rstrip("/") + _V1
        self._bearer = {"Authorization": f"Bearer {settings.token.get_secret_value()}"}

    def get(self, path: str, **query: object) -> Any:  # noqa: ANN401  JSON
        return self._read(self._ask("GET", path, query))

    def items(self, path: str, **query: object) -> Iterator[dict[str, Any]]:
        """Of all pages of a list."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=100, cursor=cursor, **query)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def artefact(self, digest: str) -> bytes:
        return self._ask("GET", f"/models/{digest}/artefact")

    def register(self, packed: bytes, **query: object) -> Any:  # noqa: ANN401  JSON
        return self._read(self._ask("POST", "/models", query, headers={"Content-Type": MEDIA_TYPE}, body=packed))

    def post(self, path: str, **body: object) -> Any:  # noqa: ANN401  JSON
        return self._read(self._ask("POST", path, json=body))

    def _read(self, content: bytes) -> Any:  # noqa: ANN401  JSON
        try:
            return json.loads(content)
        except ValueError:
            raise RefusedError(
                f"{self._base_url} is no reviews API. Say where it is by OPINE_MODELS_REVIEWS_URL."
            ) from None

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **sent: Any,  # noqa: ANN401  body or json
    ) -> bytes:
        given = urlencode({name: value for name, value in (query or {}).items() if value is not None})
        url = f"{self._base_url}{path}{'?' if given else ''}{given}"
        try:
            answer = urllib3.request(
                method, url, headers={**self._bearer, **(headers or {})}, timeout=_TIMEOUT, retries=False, **sent
            )
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            raise RefusedError(
                f"Nobody answers at {self._base_url} ({error}). "
                "Say where the reviews API is by OPINE_MODELS_REVIEWS_URL."
            ) from error
        except urllib3.exceptions.HTTPError as error:
            perhaps = "" if method == "GET" else " What you asked for may have been done: see `opine-models show`."
            raise RefusedError(f"{self._base_url} was asked and did not answer ({error}).{perhaps}") from error
        if answer.status >= _FIRST_ERROR:
            raise RefusedError(self._refusal(answer))
        return answer.data

    def _refusal(self, answer: urllib3.BaseHTTPResponse) -> str:
        """What the API says, which says it to programs, in the words of this one."""
        detail = detail_of(answer.data)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return "The reviews API does not accept the token: set OPINE_MODELS_TOKEN to its registry token."
        if answer.status == HTTPStatus.CONFLICT and b"urn:opine:problem:stale-revision" in answer.data:
            return "Somebody else has decided meanwhile, and nothing was changed. See `opine-models show`, then decide."
        return detail or (
            f"{self._base_url} answered with status {answer.status}. "
            "Say where the reviews API is by OPINE_MODELS_REVIEWS_URL."
        )


def main(arguments: Sequence[str] | None = None) -> str | None:
    """Run a command.

    Returns:
        What went wrong, as `sys.exit` takes it.
    """
    options = make_parser().parse_args(arguments)
    api = Api(read_settings_or_exit(Settings, "opine-models"))
    command: Callable[[Api, argparse.Namespace], Iterable[str]] = options.run
    try:
        for line in command(api, options):
            sys.stdout.write(printable(line) + "\n")
        sys.stdout.flush()
    except (RefusedError, ArtefactError) as error:
        return printable(f"opine-models: {error}")
    except BrokenPipeError:
        # Whoever reads has seen enough, as `| head` has. Python would complain once more when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return None


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="opine-models", description="Model versions and their releases.")
    parser.add_argument(
        "--actor", type=_actor, default=getuser(), help="who registers or decides (default: your account's name)"
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Callable[[Api, argparse.Namespace], Iterable[str]], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        command.set_defaults(run=run)
        return command

    add("list", _list, "list the versions, and which of them answers whom")
    show = add("show", _show, "show a version, or the plan with its open release")
    show.add_argument("version", nargs="?", help=f"{_DIGEST_HELP}; without it the plan")
    register = add("register", _register, "register the artefact of a folder")
    register.add_argument("folder", type=Path, help="with a model.json, such as services/sentiment/model")
    register.add_argument("--parent", help=f"version that it was trained on from: {_DIGEST_HELP}")
    register.add_argument("--training-run", help="name of the run that trained it")
    register.add_argument("--code", help="revision of the code that trained it")
    register.add_argument("--image", help="container image that trained it")
    release = add("release", _release, "start a release of a version, or take the open one a step further")
    release.add_argument("version", nargs="?", help=f"{_DIGEST_HELP}; without it the open release advances")
    add("promote", _promote, "make the open release's candidate live")
    add("rollback", _roll_back, "take the open release's candidate back")
    pin = add("pin", _pin, "make a version live at once, such as the first one")
    pin.add_argument("version", help=_DIGEST_HELP)
    report = add("report", _report, "print the page that shows how the gate judged a version")
    report.add_argument("version", help=_DIGEST_HELP)
    why = add("why", _why, "show where a stored review's prediction comes from")
    why.add_argument("review", type=int, help="its id")
    return parser


def _actor(name: str) -> str:
    if not 1 <= len(name) <= _LONGEST_ACTOR:
        raise argparse.ArgumentTypeError(f"must have 1 to {_LONGEST_ACTOR} characters")
    return name


def _list(api: Api, _: argparse.Namespace) -> Iterator[str]:
    plan = api.get("/release-plan")
    roles = {plan[role]["digest"]: role for role in ("live", "candidate") if plan[role] is not None}
    for version in api.items("/models"):
        yield f"{_line(version)}  {version['created_at'][:19]}  {roles.get(version['digest'], '')}".rstrip()


def _show(api: Api, options: argparse.Namespace) -> Iterator[str]:
    if options.version is not None:
        yield _pretty(api.get(f"/models/{_digest(api, options.version)}"))
        return
    plan = api.get("/release-plan")
    yield _plan_line(plan)
    if plan["release"] is not None:
        release = api.get(f"/releases/{plan['release']}")
        for role in ("candidate", "baseline"):
            counted = release[f"{role}_proposals"]
            yield f"{role}: {counted['corrected']} of {counted['shown']} proposals were corrected"
        for found in release["findings"]:
            yield f"{found['found_at'][:19]}  {found['kind']} by {found['actor']}  {json.dumps(found['evidence'])}"
        for event in api.items("/release-events", release=plan["release"]):
            yield f"{event['created_at'][:19]}  {event['kind']} by {event['actor']}  {json.dumps(event['evidence'])}"


def _register(api: Api, options: argparse.Namespace) -> Iterator[str]:
    version = api.register(
        pack(options.folder),
        parent=None if options.parent is None else _digest(api, options.parent),
        training_run=options.training_run,
        code=options.code,
        image=options.image,
        actor=options.actor,
    )
    yield _line(version)


def _release(api: Api, options: argparse.Namespace) -> Iterator[str]:
    if options.version is None:
        yield from _step(api, options, "advance")
    else:
        yield from _decide(api, options, "/releases", candidate=_digest(api, options.version))


def _promote(api: Api, options: argparse.Namespace) -> Iterator[str]:
    return _step(api, options, "promote")


def _roll_back(api: Api, options: argparse.Namespace) -> Iterator[str]:
    return _step(api, options, "rollback")


def _pin(api: Api, options: argparse.Namespace) -> Iterator[str]:
    return _decide(api, options, "/release-plan/pin", digest=_digest(api, options.version))


def _step(api: Api, options: argparse.Namespace, step: str) -> Iterator[str]:
    release = api.get("/release-plan")["release"]
    if release is None:
        raise RefusedError("No release is open. Start one: opine-models release VERSION.")
    return _decide(api, options, f"/releases/{release}/{step}")


def _decide(api: Api, options: argparse.Namespace, path: str, **fields: object) -> Iterator[str]:
    revision = api.get("/release-plan")["revision"]
    yield _plan_line(api.post(path, revision=revision, actor=options.actor, **fields))


def _report(api: Api, options: argparse.Namespace) -> Iterator[str]:
    digest = _digest(api, options.version)
    with _unpacked(api.artefact(digest)) as (folder, _):
        if not (folder / REPORT).exists():
            raise RefusedError(f"{digest[:_DIGEST_SHOWN]} has no report: no gate has judged it.")
        yield (folder / REPORT).read_text(encoding="utf-8")


def _why(api: Api, options: argparse.Namespace) -> Iterator[str]:
    found = api.get(f"/reviews/{options.review}/provenance")
    review, version = found["review"], found["version"]
    shown = review["prediction"]
    if shown is None or shown["model"] is None:
        yield "No model's prediction was shown for this review."
        return
    yield f"{shown['stars']} stars were proposed (score {shown['score']:.3f}), {review['stars']} were chosen."
    model = shown["model"]
    if version is None:
        yield f"The version {model['name']} {model['version']} is not registered: nothing more is known of it."
        return
    names = ("digest", "image", "data_fingerprint", "training_run", "code", "parent_digest")
    yield from (f"{name}: {version[name] or 'not stated'}" for name in names)
    with _unpacked(api.artefact(version["digest"])) as (_, manifest):
        yield f"calibration: {manifest.calibration.model_dump_json()}"
    yield from _contributions(api, review["text"], version["digest"])


@contextmanager
def _unpacked(packed: bytes) -> Iterator[tuple[Path, Manifest]]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "artefact"
        yield folder, unpack(io.BytesIO(packed), folder, max_bytes=len(packed))


def _contributions(api: Api, text: str, digest: str) -> Iterator[str]:
    """The strongest words, if the version that answers now is the one that proposed."""
    try:
        answer = api.post("/predictions", text=text, explain="words")
    except RefusedError as error:
        yield f"contributions: {error}"
        return
    if answer["model"].get("digest") != digest:
        yield "contributions: another version answers now"
        return
    words = sorted(answer["prediction"]["words"], key=lambda word: -abs(word[2]))[:_WORDS_SHOWN]
    yield "contributions: " + ", ".join(f"{text[start:end]} {value:+.2f}" for start, end, value in words)


def _digest(api: Api, beginning: str) -> str:
    if not beginning:
        raise RefusedError("An empty digest names no version: `opine-models list` shows all.")
    found = [version["digest"] for version in api.items("/models") if version["digest"].startswith(beginning)]
    match found:
        case [digest]:
            return str(digest)
        case []:
            raise RefusedError(f"No version's digest begins with `{beginning}`: `opine-models list` shows all.")
        case _:
            raise RefusedError(f"{len(found)} versions' digests begin with `{beginning}`: give more of the digest.")


def _line(version: Mapping[str, Any]) -> str:
    return f"{version['digest'][:_DIGEST_SHOWN]}  {version['name']} {version['version']}"


def _plan_line(plan: Mapping[str, Any]) -> str:
    live = "nothing was decided yet" if plan["live"] is None else f"live {_line(plan['live'])}"
    if plan["candidate"] is None:
        return f"revision {plan['revision']}: {live}"
    seen_by = f"{plan['weight']} % of the sessions" if plan["weight"] else "nobody yet"
    return f"revision {plan['revision']}: {live}; {plan['stage']} {_line(plan['candidate'])}, seen by {seen_by}"


def _pretty(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
