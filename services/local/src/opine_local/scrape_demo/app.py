"""The running Opine: another terminal's, or one that is started here."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from opine_common.readiness import wait_until_ready

from opine_local.data_folder import page_of_holder
from opine_local.refusal import Refusal
from opine_local.settings import Settings, inherited_environment

_POLL_S = 0.2
# Longer than a run takes to end everything.
_STOPPED_S = 15.0


@contextmanager
def running_app(settings: Settings) -> Iterator[str]:
    """The page of the Opine on these data; one that was started here is stopped at the end."""
    found = page_of_holder(settings.data_dir)
    if found is not None:
        _until_ready(found, settings.ready_timeout_s, None)
        yield found
        return
    # In a session of its own: at Ctrl-C it ends after what uses it.
    with subprocess.Popen(
        [sys.executable, "-m", "opine_local"], env=inherited_environment(), start_new_session=True
    ) as process:
        try:
            _until_ready(settings.page_url, settings.ready_timeout_s, process)
            yield settings.page_url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_STOPPED_S)


def _until_ready(page_url: str, patience_s: float, process: "subprocess.Popen[bytes] | None") -> None:
    def missing() -> str | None:
        if process is not None and process.poll() is not None:
            raise Refusal("Opine did not start; the lines above say why.")
        try:
            with urllib.request.urlopen(f"{page_url}/readyz", timeout=2):  # noqa: S310  our own address
                return None
        except OSError as error:
            return str(error)

    try:
        wait_until_ready(missing, timeout_s=patience_s, pause_s=_POLL_S)
    except TimeoutError:
        raise Refusal(f"Opine at {page_url} was not ready within {patience_s:g} s.") from None
