"""The page behind a proxy that the platform runs: TLS, a path, and the client's address, which nobody can forge."""

import base64
import datetime as dt
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from opine_reviews.privacy import hash_client

from tests.support.cluster.commands import CLUSTER, run
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

HOST = "opine.example.org"
PREFIX = "/opine"
FORGED = "203.0.113.7"
# What proxies are told the client's address by; a client who sends them itself is not believed.
HEADERS = {
    "X-Forwarded-For": FORGED,
    "X-Real-Ip": FORGED,
    "Forwarded": f"for={FORGED};proto=http;host=evil.example.org",
    "X-Forwarded-Host": "evil.example.org",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Prefix": "/evil",
}
LIMIT = 3
GATEWAY = f"""
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: shared}}
spec:
  gatewayClassName: traefik
  listeners:
    - {{name: https, port: 8443, protocol: HTTPS, hostname: {HOST}, tls: {{certificateRefs: [{{name: front-door}}]}}}}
"""
DOORS: dict[str, dict[str, Any]] = {
    "gateway": {
        "httpRoute": {"enabled": True, "exposeApi": True, "parentRefs": [{"name": "shared"}], "hostnames": [HOST]}
    },
    "ingress": {
        "ingress": {
            "enabled": True,
            "exposeApi": True,
            "className": "traefik",
            "annotations": {
                "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
                "traefik.ingress.kubernetes.io/router.tls": "true",
            },
            "hosts": [HOST],
            "tls": [{"hosts": [HOST], "secretName": "front-door"}],
        }
    },
}
ASK = """
import json, ssl, sys, urllib.request
url, body, headers, authority = json.load(sys.stdin)
data = None if body is None else json.dumps(body).encode()
asked = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
try:
    answer = urllib.request.urlopen(asked, timeout=20, context=ssl.create_default_context(cadata=authority))
except urllib.error.HTTPError as error:
    answer = error
json.dump([answer.status, answer.read().decode()], sys.stdout)
"""


@dataclass(frozen=True)
class Visitor:
    """A pod that is not Opine's, which knows the host's address and trusts its certificate."""

    release: Release
    name: str
    authority: str

    @property
    def address(self) -> str:
        address: str = self.release.get("pod", self.name)["status"]["podIP"]
        return address

    def ask(self, url: str, body: object = None, **headers: str) -> tuple[int, str]:
        asked = json.dumps([url, body, headers, self.authority])
        status, text = json.loads(
            self.release.kubectl("exec", "--stdin", self.name, "--", "python", "-c", ASK, text_in=asked)
        )
        return status, text

    def submit(self, page: str, **headers: str) -> tuple[int, str]:
        """The status, and the text by which the review is found."""
        key = uuid.uuid4().hex
        review = {"brand": "lego", "text": f"Came through the front door {key}", "stars": 4, "prediction": None}
        status, _ = self.ask(f"{page}/submit", {"key": key, "review": review}, **headers)
        return status, key


def start_visitor(release: Release, name: str, authority: str) -> Visitor:
    image = release.values["reviews"]["image"]
    proxy = json.loads(
        run("kubectl", "--namespace=traefik", "get", "service", "traefik", "-o", "json", env=release.env)
    )
    contained = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": name,
        "image": f"{image['repository']}:{image['tag']}",
        "command": ["python", "-c", "import time; time.sleep(3600)"],
        "securityContext": contained,
    }
    spec = {
        "terminationGracePeriodSeconds": 0,
        "hostAliases": [{"ip": proxy["spec"]["clusterIP"], "hostnames": [HOST]}],
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    release.kubectl("apply", "--filename", "-", text_in=json.dumps(pod))
    release.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=60s")
    return Visitor(release, name, authority)


@pytest.fixture(scope="module")
def authority(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The certificate of the host, by nobody but itself; its key is the proxy's."""
    if not CLUSTER.exists():
        pytest.skip("the cluster has no Traefik of ours")
    run(str(CLUSTER), "gateway", env=release.env, timeout=1200)
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}",
        "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", str(key), "-out", str(certificate), env=release.env,
    )  # fmt: skip
    release.kubectl("create", "secret", "tls", "front-door", f"--cert={certificate}", f"--key={key}")
    release.kubectl("apply", "--filename", "-", text_in=GATEWAY)
    yield certificate.read_text()
    release.kubectl("delete", "secret/front-door", "gateway/shared")


@pytest.fixture(scope="module")
def visitors(release: Release, authority: str) -> Iterator[tuple[Visitor, Visitor]]:
    names = ("visitor", "other-visitor")
    yield (start_visitor(release, names[0], authority), start_visitor(release, names[1], authority))
    release.kubectl("delete", "pod", *names, "--wait=false")


@pytest.fixture(scope="module", params=DOORS)
def page(request: pytest.FixtureRequest, release: Release, visitors: tuple[Visitor, Visitor]) -> Iterator[str]:
    """Its address behind one kind of door."""
    limit = {"reviews": {"env": {"OPINE_REVIEWS_SUBMISSIONS_LIMIT": f"{LIMIT} per minute"}}}
    release.upgrade({"frontend": {"prefix": PREFIX}, **limit, **DOORS[request.param]})
    # What was counted behind the other door would be kept, whatever pods there were.
    release.query("DELETE FROM rate_limit")
    address = f"https://{HOST}{PREFIX}"
    wait_until(lambda: visitors[0].ask(f"{address}/")[0] == 200, "the proxy to know the way", 60)
    yield address
    release.upgrade()


def client_of(release: Release, key: str) -> str:
    return release.query(f"SELECT encode(client_hash, 'hex') FROM review WHERE text LIKE '%{key}'")  # noqa: S608  our own


def hashed(release: Release, address: str) -> str:
    secret = base64.b64decode(release.get("secret", "opine-secrets")["data"]["client-hash-key"])
    return hash_client(secret, dt.datetime.now(dt.UTC).date(), address).hex()


def test_the_page_lies_below_its_path_and_knows_its_address(page: str, visitors: tuple[Visitor, Visitor]) -> None:
    status, text = visitors[0].ask(f"{page}/", **HEADERS)
    assert status == 200
    assert f'data-prefix="{PREFIX}"' in text
    stylesheet = text.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
    assert stylesheet.startswith(f"{PREFIX}/assets/")
    assert visitors[0].ask(f"https://{HOST}{stylesheet}")[0] == 200
    status, feed = visitors[0].ask(f"{page}/feed.atom", **HEADERS)
    assert status == 200
    assert f"{page}/" in feed
    assert "evil" not in feed
    assert "http://opine" not in feed
    assert visitors[0].ask(f"https://{HOST}/")[0] == 404


def test_the_clients_address_is_right_whatever_the_client_says(
    page: str, release: Release, visitors: tuple[Visitor, Visitor]
) -> None:
    status, key = visitors[0].submit(page, **HEADERS)
    assert status == 201
    assert client_of(release, key) == hashed(release, visitors[0].address)
    review = {"brand": "lego", "text": f"By the API {key}-api", "stars": 4, "prediction": None}
    status, text = visitors[0].ask(f"https://{HOST}/api/v1/reviews", review, **HEADERS)
    assert status == 201, text
    assert client_of(release, f"{key}-api") == hashed(release, visitors[0].address)


def test_past_the_proxy_the_same_headers_would_be_believed(
    page: str, release: Release, visitors: tuple[Visitor, Visitor]
) -> None:
    """So the tests above would see a forged address."""
    assert page
    status, key = visitors[1].submit(release.address("frontend") + PREFIX, **HEADERS)
    assert status == 201
    assert client_of(release, key) == hashed(release, FORGED)


def test_a_limit_is_the_clients_own(page: str, release: Release, visitors: tuple[Visitor, Visitor]) -> None:
    pods = len(release.pods("reviews"))
    statuses = [visitors[0].submit(page, **{"X-Forwarded-For": f"203.0.113.{n}"})[0] for n in range(pods * LIMIT + 1)]
    assert statuses[-1] == 429
    assert visitors[1].submit(page, **{"X-Forwarded-For": visitors[0].address})[0] == 201
