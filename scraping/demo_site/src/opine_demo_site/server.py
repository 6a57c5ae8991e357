"""The demo site on a port of this machine."""

from __future__ import annotations

import gzip
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from opine_demo_site.answers import DemoSite

if TYPE_CHECKING:
    from opine_demo_site.catalogue import Catalogue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes, and the second would wait for the first one's acknowledgement.
    disable_nagle_algorithm = True
    server: DemoServer

    def do_GET(self) -> None:
        self.server.agents.add(self.headers.get("User-Agent", ""))
        answer = self.server.site.answer(self.path)
        time.sleep(answer.delay_s)
        body = answer.body.encode()
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.compress(body, compresslevel=1)
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.content_type, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:  # the client gave up on a slow answer, as it may
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401  the name is http.server's
        """The crawler logs what it asks for."""


class DemoServer(ThreadingHTTPServer):
    """The demo site as a server; `port` 0 is any free one."""

    # An answer that is held back must not hold up the end.
    daemon_threads = True

    def __init__(self, catalogue: Catalogue, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), _Handler)
        self.host = host
        self.site = DemoSite(catalogue)
        self.agents: set[str] = set()
        """What those who asked call themselves."""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_port}"
