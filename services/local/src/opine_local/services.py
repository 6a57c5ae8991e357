"""What `make run` starts beside PostgreSQL."""

import sys
import tempfile
from dataclasses import dataclass

from opine_local.ports import HOST
from opine_local.processes import Program
from opine_local.secrets_file import Secrets
from opine_local.settings import Settings

_PROBES = r"/(readyz|livez|metrics)\b"

# One process for both: importing SQLAlchemy and Alembic takes longer than the work.
_PREPARE = "from opine_reviews.cli import main; raise SystemExit(main(['migrate']) or main(['seed-brands']))"


@dataclass(frozen=True)
class Service:
    name: str
    # Arguments of `python -m`.
    module: list[str]
    environment: dict[str, str]
    url: str

    @property
    def program(self) -> Program:
        return Program(self.name, [sys.executable, "-m", *self.module], self.environment, noise=_PROBES)

    @property
    def ready_url(self) -> str:
        return f"{self.url}/readyz"


def services(settings: Settings, secrets: Secrets, database_url: str, admin_password: str) -> list[Service]:
    sentiment_url, reviews_url = _url(settings.sentiment_port), _url(settings.reviews_port)
    return [
        Service(
            "sentiment",
            ["bentoml", "serve", "opine_sentiment.service:Sentiment",
             "--host", HOST, "--port", str(settings.sentiment_port)],
            {"OPINE_SENTIMENT_LOG_JSON": "false", "BENTOML_DO_NOT_TRACK": "True"},
            sentiment_url,
        ),
        Service(
            "reviews",
            ["gunicorn", "--config", "python:opine_reviews.gunicorn_conf", "--no-control-socket"],
            _reviews_environment(settings, secrets, database_url),
            reviews_url,
        ),
        Service(
            "frontend",
            ["gunicorn", "--config", "python:opine_frontend.gunicorn_conf", "--no-control-socket",
             "--bind", f"{HOST}:{settings.frontend_port}", "--worker-tmp-dir", tempfile.gettempdir(),
             "opine_frontend.wsgi:server"],
            {
                "OPINE_FRONTEND_REVIEWS_URL": reviews_url,
                "OPINE_FRONTEND_ADMIN_PASSWORD": admin_password,
                "OPINE_FRONTEND_ADMIN_TOKEN": secrets.admin_token,
                "OPINE_FRONTEND_SECRET_KEY": secrets.session_key,
                "OPINE_FRONTEND_LOG_JSON": "false",
            },
            settings.page_url,
        ),
    ]  # fmt: skip


def migration(settings: Settings, secrets: Secrets, database_url: str) -> Program:
    """Brings schema and brands up to date; to be run once PostgreSQL answers."""
    return Program(
        "migrate",
        [sys.executable, "-c", _PREPARE],
        _reviews_environment(settings, secrets, database_url),
        noise=r"\[info ",
    )


def _reviews_environment(settings: Settings, secrets: Secrets, database_url: str) -> dict[str, str]:
    return {
        "OPINE_REVIEWS_DATABASE_URL": database_url,
        "OPINE_REVIEWS_SENTIMENT_URL": _url(settings.sentiment_port),
        "OPINE_REVIEWS_ADMIN_TOKEN": secrets.admin_token,
        "OPINE_REVIEWS_CLIENT_HASH_KEY": secrets.client_hash_key,
        "OPINE_REVIEWS_BIND": f"{HOST}:{settings.reviews_port}",
        "OPINE_REVIEWS_WORKERS": "1",
        "OPINE_REVIEWS_LOG_JSON": "false",
        # In the data folder rather than a temporary one, which a killed run would leave behind.
        "PROMETHEUS_MULTIPROC_DIR": str(settings.data_dir / "reviews-metrics"),
    }


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"
