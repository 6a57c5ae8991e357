"""What the judge asks and tells: the registry behind the reviews API, and every sentiment service."""

import datetime as dt
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx
from opine_common.problems import detail_of
from prometheus_client.parser import text_string_to_metric_families

from opine_learning.evidence import Counts, Stratum
from opine_learning.settings import Settings

_FIRST_ERROR = 400
_MOST_EVENTS = 100
# Bulk requests wait for those of visitors.
_BULK_S = 120.0
_VERSIONS = "/models"
_TRAININGS = "/training-runs"
_TAR = "application/x-tar"


class ServiceError(Exception):
    """A service did not answer, or refused; the message says which and why."""


class StaleError(ServiceError):
    """Somebody else has decided since the plan was read."""


class NotFoundError(ServiceError):
    """There is no such thing."""


class Registry:
    """The routes of model versions and releases."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.Client(
            base_url=f"{str(settings.reviews_url).rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {settings.registry_token.get_secret_value()}"},
            timeout=settings.timeout_s,
            # A proxy of the environment is for the way out of the cluster; these services are within.
            trust_env=False,
        )
        self._actor = settings.actor

    def plan(self) -> Any:  # noqa: ANN401  JSON
        return self._ask("GET", "/release-plan").json()

    def events(self, release: int) -> list[dict[str, Any]]:
        """Of a release, last first."""
        found: list[dict[str, Any]] = self._ask(
            "GET", "/release-events", params={"release": release, "limit": _MOST_EVENTS}
        ).json()["items"]
        return found

    def proposals(
        self, digests: Sequence[str], since: dt.datetime, until: dt.datetime | None = None
    ) -> tuple[dt.datetime, dict[str, Counts]]:
        """Corrected of shown proposals by digest, and until when they were counted: the database's now by default."""
        params = {"digest": digests, "since": since.isoformat(), **({"until": until.isoformat()} if until else {})}
        counted = self._ask("GET", "/proposals", params=params).json()
        counts = dict.fromkeys(digests, Counts(0, 0))
        counts |= {item["digest"]: Counts(item["corrected"], item["shown"]) for item in counted["items"]}
        return dt.datetime.fromisoformat(counted["until"]), counts

    def decide(self, path: str, revision: int, **fields: object) -> Any:  # noqa: ANN401  JSON
        """Take a step from the plan of this revision.

        Raises:
            StaleError: the plan is another by now.
            ServiceError: anything else.
        """
        return self._ask("POST", path, json={"revision": revision, "actor": self._actor, **fields}).json()

    def has(self, digest: str) -> bool:
        try:
            self._ask("GET", f"{_VERSIONS}/{digest}")
        except NotFoundError:
            return False
        return True

    def register(self, packed: bytes) -> None:
        """Keep an artefact; one that is there stays as it is."""
        self._ask(
            "POST", _VERSIONS, params={"actor": self._actor}, content=packed, headers={"Content-Type": _TAR}
        ).raise_for_status()

    def reviews(self) -> Iterator[dict[str, Any]]:
        """All stored reviews with a text, last first: those written here, then those read elsewhere."""
        for path in ("/reviews", "/scraped-reviews"):
            cursor: str | None = None
            while True:
                page = self._ask("GET", path, params={"limit": 100, **({"cursor": cursor} if cursor else {})}).json()
                yield from (item for item in page["items"] if item["text"].strip())
                cursor = page["next_cursor"]
                if cursor is None:
                    break

    def versions(self) -> list[str]:
        """The digests of the last ones, last registered first."""
        return [version["digest"] for version in self._ask("GET", _VERSIONS).json()["items"]]

    def releases(self) -> list[dict[str, Any]]:
        """The last ones, last started first."""
        found: list[dict[str, Any]] = self._ask("GET", "/releases", params={"limit": _MOST_EVENTS}).json()["items"]
        return found

    def trainings(self) -> list[dict[str, Any]]:
        """The last ones, last started first."""
        found: list[dict[str, Any]] = self._ask("GET", _TRAININGS, params={"limit": _MOST_EVENTS}).json()["items"]
        return found

    def drift(self) -> Any:  # noqa: ANN401  JSON
        """What the last nightly look at drift says; None of an API that knows no such look."""
        try:
            return self._ask("GET", "/drift").json()
        except NotFoundError:
            return None

    def start_training(self, parent: str, evidence: Mapping[str, object]) -> int:
        """The number of a training that is written down now.

        Raises:
            StaleError: another is on.
        """
        body = {"parent": parent, "actor": self._actor, "evidence": evidence}
        return int(self._ask("POST", _TRAININGS, json=body).json()["id"])

    def end_training(self, run: int, outcome: str, evidence: Mapping[str, object]) -> None:
        """Raises StaleError: it has ended."""
        self._ask("POST", f"{_TRAININGS}/{run}/end", json={"outcome": outcome, "evidence": evidence})

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str, **sent: Any) -> httpx.Response:  # noqa: ANN401  as httpx takes it
        try:
            answer = self._http.request(method, path, **sent)
        except httpx.HTTPError as error:
            raise ServiceError(
                f"the reviews API does not answer ({error}); OPINE_LEARNING_REVIEWS_URL says where it is"
            ) from error
        # There a 409 says that name and version belong to another artefact: nobody else has decided.
        if answer.status_code == HTTPStatus.CONFLICT and path != _VERSIONS:
            raise StaleError(_detail(answer))
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise NotFoundError(f"the reviews API knows no {path}: {_detail(answer)}")
        if answer.status_code >= _FIRST_ERROR:
            raise ServiceError(f"the reviews API refuses {method} {path}: {_detail(answer)}")
        return answer


def _detail(answer: httpx.Response) -> str:
    return detail_of(answer.content) or f"status {answer.status_code}"


class Sentiment:
    """All sentiment services: each address that the name has, which behind a headless Service is each pod."""

    def __init__(self, settings: Settings) -> None:
        self._url = str(settings.sentiment_url).rstrip("/")
        self._http = httpx.Client(timeout=settings.timeout_s, trust_env=False)

    def reports(self) -> list["Report"]:
        """Of all that answer.

        Raises:
            ServiceError: none does.
        """
        failures: list[str] = []
        found: list[Report] = []
        # A pod that is just starting or ending does not answer; the judge goes by those that do.
        for url in self._addresses():
            try:
                models = self._http.get(f"{url}/v1/models").raise_for_status().json()
                found.append(Report(models, self._http.get(f"{url}/metrics").raise_for_status().text))
            except (httpx.HTTPError, ValueError) as error:
                failures.append(f"{url}: {error}")
        if not found:
            raise ServiceError(
                f"no sentiment service answers ({'; '.join(failures)}); OPINE_LEARNING_SENTIMENT_URL says where one is"
            )
        return found

    def own_artefact(self, digest: str) -> bytes:
        """The version that the service came with.

        Raises:
            ServiceError: it is not live, or another one.
        """
        try:
            return self._http.get(f"{self._url}/v1/models/{digest}/artefact").raise_for_status().content
        except httpx.HTTPError as error:
            raise ServiceError(f"the sentiment service does not give its artefact: {error}") from error

    def rescore(self, texts: Sequence[str], digest: str) -> list[dict[str, Any]]:
        """One prediction a text, or its error, by this version.

        Raises:
            ServiceError: it is not loaded, or not all were answered.
        """
        # Of one version: the header insists on it, as a text without a session would be the live version's.
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        headers = {"Content-Type": "application/x-ndjson", "X-Model-Digest": digest}
        try:
            answer = self._http.post(f"{self._url}/v1/predict/bulk", content=lines, headers=headers, timeout=_BULK_S)
        except httpx.HTTPError as error:
            raise ServiceError(f"the sentiment service does not rescore: {error}") from error
        if answer.status_code >= _FIRST_ERROR:
            raise ServiceError(f"the sentiment service does not rescore: {_detail(answer)}")
        return [json.loads(line) for line in answer.text.splitlines()]

    def close(self) -> None:
        self._http.close()

    def _addresses(self) -> list[str]:
        parts = urlsplit(self._url)
        if parts.scheme == "https" or parts.hostname is None:  # a certificate is for the name
            return [self._url]
        port = parts.port or 80
        try:
            found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ServiceError(f"{parts.hostname} has no address ({error})") from error
        hosts = dict.fromkeys(str(address[0]) for _, _, _, _, address in found)
        return [f"http://{f'[{host}]' if ':' in host else host}:{port}{parts.path}" for host in hosts]


class Report:
    """What one sentiment service says of its versions."""

    def __init__(self, models: Mapping[str, Any], metrics: str) -> None:
        self.models = models
        self._samples = [sample for family in text_string_to_metric_families(metrics) for sample in family.samples]

    def has(self, digest: str) -> bool:
        candidate = self.models["candidate"]
        return candidate is not None and candidate["digest"] == digest

    def refusal(self, digest: str) -> str | None:
        """Why this version is not served, if it is refused."""
        for refused in self.models["refused"]:
            if refused["digest"] == digest:
                return f"{refused['kind']}: {refused['reason']}"
        return None

    def shadow_flips(self, version: str) -> dict[str, Counts]:
        compared = self._sum("opine_sentiment_shadow_texts_total", model_version=version, outcome="compared")
        return {
            what: Counts(self._sum("opine_sentiment_shadow_flips_total", model_version=version, what=what), compared)
            for what in ("label", "stars")
        }

    def requests(self, release: int, outcome: str) -> Stratum:
        """Those with this outcome, of both versions."""
        arms = []
        for role in ("canary", "live"):
            labels = {"release": str(release), "role": role}
            name = "opine_sentiment_canary_requests_total"
            arms.append(Counts(self._sum(name, **labels, outcome=outcome), self._sum(name, **labels)))
        return Stratum(*arms)

    def _sum(self, name: str, **labels: str) -> int:
        return int(
            sum(
                sample.value
                for sample in self._samples
                if sample.name == name and labels.items() <= sample.labels.items()
            )
        )
