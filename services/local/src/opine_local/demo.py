"""`make demo`: the app filled with invented reviews, or freed of them."""

import argparse
import subprocess
import sys

from opine_local.postgres import USER, database_url, running_port
from opine_local.services import run_command, running_app, say, url_of
from opine_local.settings import CommandError, Settings, inherited_environment, load_or_create_secrets, local_settings

# The model is there when the app is ready; a machine under load may still need a moment for the first texts.
_PREDICTIONS_S = "60"


def main(arguments: list[str] | None = None) -> str | None:
    """Fill the Opine on these data, which need not run; returns as `run_command`."""
    parser = argparse.ArgumentParser(
        "opine_local.demo", description="Fills Opine with invented reviews, marked as such."
    )
    parser.add_argument("--remove", action="store_true", help="remove exactly what it filled")
    remove = parser.parse_args(arguments).remove
    return run_command(lambda: _show(remove=remove))


def run_reviews(settings: Settings, *arguments: str) -> None:
    """`opine-reviews` beside the Opine on these data, which runs.

    Raises:
        CommandError: it failed; its lines say why.
    """
    secrets = load_or_create_secrets(settings.secrets_path)
    environment = inherited_environment() | {
        "OPINE_REVIEWS_DATABASE_URL": database_url(USER, secrets.database_password, running_port(settings.data_dir)),
        "OPINE_REVIEWS_SENTIMENT_URL": url_of(settings.sentiment_port),
        "OPINE_REVIEWS_LOG_JSON": "false",
    }
    command = [sys.executable, "-m", "opine_reviews", *arguments]
    status = subprocess.run(command, env=environment, check=False).returncode  # noqa: S603  ours
    if status:
        raise CommandError(f"`opine-reviews {arguments[0]}` ended with exit status {status}; the lines above say why.")


def _show(*, remove: bool) -> None:
    settings = local_settings()
    with running_app(settings) as page_url:
        run_reviews(settings, "demo", *(["remove"] if remove else ["fill", "--seconds", _PREDICTIONS_S]))
    say(f"The demo is gone from {page_url}." if remove else f"The demo is filled: {page_url}")


if __name__ == "__main__":
    sys.exit(main())
