"""The fake API on a port of its own, which it keeps while it is stopped and started again."""

import logging
import threading

from werkzeug.serving import BaseWSGIServer, make_server

from tests.support.fake_reviews.routes import create_fake
from tests.support.fake_reviews.store import Store


class FakeServer:
    def __init__(self) -> None:
        # werkzeug logs each request.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.store = Store()
        self._app = create_fake(self.store)
        self._server: BaseWSGIServer | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if self._server is not None:
            return
        self._server = make_server("127.0.0.1", self.port, self._app, threaded=True)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """From here on connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
