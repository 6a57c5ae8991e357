"""The process that answers, which BentoML's supervisor starts with its socket: `python -m opine_sentiment.worker`.

It is BentoML's own worker without BentoML: the same server on the same socket, but importing BentoML there costs a
second and 50 MB, and puts middleware in front of every request (see the README).
"""

from __future__ import annotations

import argparse
import os
import socket
from typing import TYPE_CHECKING

import uvicorn

from opine_sentiment import (
    engines,
    lean_imports,  # noqa: F401  before the next lines
)
from opine_sentiment.engine_thread import EngineThread
from opine_sentiment.logs import set_up_logging
from opine_sentiment.server import DrainingServer
from opine_sentiment.settings import Settings, get_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opine_sentiment.engines import TextEngine


def main(load: Callable[[Settings], TextEngine] = engines.load, arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM, then finish what was accepted.

    Args:
        load: makes the engine.
        arguments: what BentoML gives its workers; the command line's by default.
    """
    # BentoML counts over several processes through files; here is one, which counts in memory.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)  # noqa: TID251  BentoML's, read by the metrics' library on import
    options = _parser().parse_known_args(arguments)[0]
    settings = get_settings()
    set_up_logging(settings)
    # The model is loaded while the rest is imported.
    thread = EngineThread(lambda: load(settings))
    from opine_sentiment.http.application import application  # noqa: PLC0415  it imports that library, too
    from opine_sentiment.predictor import Predictor  # noqa: PLC0415

    predictor = Predictor(settings, thread)
    config = uvicorn.Config(
        application(settings, predictor),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=options.backlog,
        timeout_keep_alive=options.timeout_keep_alive,
        timeout_graceful_shutdown=options.timeout_graceful_shutdown,
        ssl_certfile=options.ssl_certfile,
        ssl_keyfile=options.ssl_keyfile,
        ssl_keyfile_password=options.ssl_keyfile_password,
        ssl_ca_certs=options.ssl_ca_certs,
    )
    DrainingServer(config, predictor, settings.drain_s).run(sockets=[socket.socket(fileno=options.fd)])


def _parser() -> argparse.ArgumentParser:
    """The options of BentoML's worker that mean something here."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--backlog", type=int, default=2048)
    parser.add_argument("--timeout-keep-alive", type=int, default=5)
    parser.add_argument("--timeout-graceful-shutdown", type=int)
    for name in ("certfile", "keyfile", "keyfile-password", "ca-certs"):
        parser.add_argument(f"--ssl-{name}")
    return parser


if __name__ == "__main__":
    main()
