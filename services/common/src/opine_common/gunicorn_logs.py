"""gunicorn's own messages in the service's log format."""

from gunicorn.config import Config
from gunicorn.glogging import Logger


class StructuredLogger(Logger):
    """A gunicorn `logger_class` that leaves writing to the root logger, which `configure_logging` has set up.

    gunicorn's access log stays off: `web.instrument` writes that line, with the route and the request id.
    """

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
