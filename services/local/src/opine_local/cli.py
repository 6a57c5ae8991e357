import argparse
import asyncio

from opine_local import data_folder, leftovers, ports, secrets_file
from opine_local.console import Console, open_console
from opine_local.postgres import open_cluster
from opine_local.refusal import Refusal, reason
from opine_local.run import Plan, Run
from opine_local.services import services
from opine_local.settings import Settings, inherited_environment, local_settings

_NAME_WIDTH = len("sentiment")
_LEFTOVER_PATIENCE_S = 3.0


def main(arguments: list[str] | None = None) -> str | None:
    """Run Opine until it is told to stop.

    Returns:
        What the person must know if that went wrong, as `sys.exit` takes it.
    """
    argparse.ArgumentParser("opine_local", description="Runs the whole of Opine on this machine.").parse_args(arguments)
    try:
        settings = local_settings()
        data_folder.prepare(settings.data_dir)
        with (
            data_folder.held_alone(settings.data_dir, settings.page_url),
            open_console(colour=not settings.no_color, width=_NAME_WIDTH) as console,
        ):
            _run(settings, console)
    except Refusal as refusal:
        return str(refusal)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        return f"Opine cannot go on: the system says {reason(error)}{where}."
    return None


def _run(settings: Settings, console: Console) -> None:
    ended = leftovers.end_leftovers(settings.data_dir, patience_s=_LEFTOVER_PATIENCE_S)
    if ended:
        console.say(f"Ended {ended} processes left by a run that was killed.")
    ports.check_free(settings)
    settings.metrics_dir.mkdir(exist_ok=True)
    secrets = secrets_file.load_or_create(settings.secrets_path)
    inherited = inherited_environment() | leftovers.mark(settings.data_dir)
    cluster = open_cluster(
        settings.data_dir,
        inherited,
        port=settings.postgres_port or ports.any_free(),
        password=secrets.database_password,
    )
    chosen = settings.admin_password.get_secret_value()
    password = chosen or secrets_file.new_password()
    shown = "" if chosen else f" (admin password {password})"
    plan = Plan(
        cluster=cluster,
        services=services(settings, secrets, cluster.url, password),
        inherited=inherited,
        ready_line=f"Opine is ready: {settings.page_url}{shown}. Ctrl-C stops it.",
        ready_timeout_s=settings.ready_timeout_s,
    )
    console.say("Starting Opine ...")
    asyncio.run(Run(plan, console).until_stopped())
