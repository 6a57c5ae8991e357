"""A PostgreSQL that is not the chart's, as clouds run it: its certificate and name are verified, and the app works."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import urllib3

from tests.cluster.conftest import image_values
from tests.support.chart.rendering import merged
from tests.support.cluster.commands import CommandError
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

# Of CloudNativePG's, because that is at hand: in a namespace of its own, with a certificate by its own authority.
SERVER = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: outside}
spec:
  instances: 1
  imageName: ghcr.io/cloudnative-pg/postgresql:17-system-trixie
  enablePDB: false
  bootstrap: {initdb: {database: opine, owner: opine}}
  storage: {size: 1Gi}
  resources: {requests: {cpu: 50m, memory: 256Mi}, limits: {memory: 256Mi}}
"""


@dataclass(frozen=True)
class Server:
    at: Release
    """Its namespace; the chart is not there."""

    @property
    def host(self) -> str:
        return f"outside-rw.{self.at.namespace}.svc"

    @property
    def address(self) -> str:
        address: str = self.at.get("service", "outside-rw")["spec"]["clusterIP"]
        return address

    def secret(self, name: str, key: str) -> str:
        return base64.b64decode(self.at.get("secret", name)["data"][key]).decode()


@pytest.fixture(scope="module")
def server(env: dict[str, str], pytestconfig: pytest.Config) -> Iterator[Server]:
    at = Release(env, f"{pytestconfig.getoption('namespace')}-postgres")
    at.create_namespace()
    at.kubectl("apply", "--filename", "-", text_in=SERVER)
    at.kubectl("wait", "cluster/outside", "--for=condition=Ready", "--timeout=240s")
    yield Server(at)
    at.delete_namespace()


@pytest.fixture(scope="module")
def release(
    env: dict[str, str], images: dict[str, str], server: Server, pytestconfig: pytest.Config
) -> Iterator[Release]:
    external = {"host": server.host, "existingSecret": "postgres", "caSecret": "postgres-ca"}
    values = merged(image_values(images), {"database": {"type": "external", "external": external}})
    of = Release(env, f"{pytestconfig.getoption('namespace')}-external", values)
    of.create_namespace()
    password = server.secret("outside-app", "password")
    of.kubectl(
        "create",
        "secret",
        "generic",
        "postgres",
        "--from-literal=username=opine",
        f"--from-literal=password={password}",
    )
    of.kubectl(
        "create", "secret", "generic", "postgres-ca", f"--from-literal=ca.crt={server.secret('outside-ca', 'ca.crt')}"
    )
    of.install()
    yield of
    of.delete_namespace()


CONNECT = """
import json, os, sys, psycopg2, urllib.parse
url = urllib.parse.urlsplit(os.environ["OPINE_REVIEWS_DATABASE_URL"].replace("+psycopg2", ""))
settings = {"host": url.hostname} | dict(urllib.parse.parse_qsl(url.query)) | json.loads(sys.argv[1])
cursor = psycopg2.connect(dbname="opine", **settings).cursor()
cursor.execute("SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
print(cursor.fetchone()[0])
"""


def connect(release: Release, **settings: str) -> str:
    """Whether a connection from a pod of the API's is encrypted: with its own settings, and these in place of them."""
    pod = release.pods("reviews")[0]["metadata"]["name"]
    command = ("python", "-c", CONNECT, json.dumps(settings))
    return release.kubectl("exec", pod, "--container", "reviews", "--", *command).strip()


def test_the_app_works_on_it(release: Release) -> None:
    assert release.get("cluster")["items"] == []
    assert "Succeeded" in release.helm("test", "opine")
    wait_until(lambda: len(release.pods("reviews")) == 2, "both pods", 60)
    page = urllib3.request("GET", f"{release.address('frontend')}/", timeout=20)
    assert page.status == 200


def test_its_certificate_and_name_are_verified(release: Release, server: Server) -> None:
    assert connect(release) == "true"
    with pytest.raises(CommandError, match="certificate verify failed"):
        connect(release, sslrootcert="/etc/ssl/certs/ca-certificates.crt")
    with pytest.raises(CommandError, match="does not match host name"):
        connect(release, host=server.address)
