"""A decision as an Event, against a server that stands for the cluster's."""

from __future__ import annotations

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from kubernetes import client
from opine_learning.kubernetes_events import KubernetesEvents, accept_plain_authority
from opine_learning.steps import Decision

DECISION = Decision("rollback", "people correct its proposals more often", {"revision": 7})


class Cluster(HTTPServer):
    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = status
        self.asked: list[tuple[str, Any]] = []

    def answer_one(self) -> threading.Thread:
        thread = threading.Thread(target=self.handle_request)
        thread.start()
        return thread


class Handler(BaseHTTPRequestHandler):
    server: Cluster

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        answer = json.dumps(body | {"kind": "Event", "apiVersion": "v1"}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("status", [201, 403])
def test_the_event_is_created_or_the_decision_stands_without_it(
    status: int, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = Cluster(status)
    thread = cluster.answer_one()
    configuration = client.Configuration()
    configuration.host = f"http://127.0.0.1:{cluster.server_port}"
    api = client.CoreV1Api(client.ApiClient(configuration))
    KubernetesEvents("opine", "opine-learning", api).tell(DECISION)
    thread.join()
    cluster.server_close()
    ((path, event),) = cluster.asked
    assert path == "/api/v1/namespaces/opine/events"
    assert (event["type"], event["reason"]) == ("Warning", "ReleaseRolledBack")
    assert event["message"] == "Revision 7: people correct its proposals more often"
    assert event["involvedObject"]["name"] == "opine-learning"
    said = caplog.text + capsys.readouterr().out
    assert ("could not be written" in said) == (status == 403)


def test_an_authority_without_extensions_will_do_and_none_will_not() -> None:
    """As images have it by Python 3.13; a test on a cluster sees an Event arrive."""
    api_client = client.ApiClient(client.Configuration())
    accept_plain_authority(api_client)
    context = api_client.rest_client.pool_manager.connection_pool_kw["ssl_context"]
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
