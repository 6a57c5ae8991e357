"""The Opine on these data, for a command that shows something in it."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from opine_common.readiness import wait_until_ready

from opine_local.data_folder import page_url_of_run
from opine_local.services import is_ready
from opine_local.settings import CommandError, Settings, inherited_environment

_POLL_S = 0.2
# Longer than a run takes to end everything.
_STOP_TIMEOUT_S = 15.0


@contextmanager
def running_app(
    settings: Settings, environment: Mapping[str, str] | None = None, output: IO[bytes] | None = None
) -> Iterator[str]:
    """The page's URL of the Opine on these data: another terminal's, or one that is started here and then stopped.

    Args:
        settings: of the Opine.
        environment: that it is started in, which must give the same settings; this process's if None.
        output: where its lines go; to the terminal if None.

    Raises:
        CommandError: it did not start, or was not ready in time.
    """
    found = page_url_of_run(settings.data_dir)
    if found is not None:
        _wait_for_app(found, settings.ready_timeout_s, None)
        yield found
        return
    # In a session of its own: at Ctrl-C it ends after what uses it.
    with subprocess.Popen(
        [sys.executable, "-m", "opine_local"],
        env=environment or inherited_environment(),
        stdout=output,
        stderr=output and subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            _wait_for_app(settings.page_url, settings.ready_timeout_s, process)
            yield settings.page_url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_TIMEOUT_S)


def _wait_for_app(page_url: str, timeout_s: float, process: "subprocess.Popen[bytes] | None") -> None:
    def missing() -> str | None:
        if process is not None and process.poll() is not None:
            raise CommandError("Opine did not start; the lines above say why.")
        return None if is_ready(f"{page_url}/readyz") else "Opine"

    try:
        wait_until_ready(missing, timeout_s=timeout_s, pause_s=_POLL_S)
    except TimeoutError:
        raise CommandError(f"Opine at {page_url} was not ready within {timeout_s:g} s.") from None
