import subprocess
import sys
from pathlib import Path

COUNT = """
from opine_common.http_metrics import record_request
record_request("probe", route="/a", method="GET", path="/a", status=200, seconds=0.01, quiet=True)
"""
EXPOSE = (
    COUNT
    + """
from opine_common.http_metrics import exposition
print(exposition(None)[0].decode())
"""
)


def run(code: str, environment: dict[str, str]) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_metrics_are_summed_over_processes_when_a_folder_is_named(tmp_path: Path) -> None:
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    run(COUNT, environment)
    line = 'opine_http_requests_total{method="GET",route="/a",service="probe",status="200"}'
    assert f"{line} 2.0" in run(EXPOSE, environment)
    assert f"{line} 2.0" not in run(EXPOSE, {})


def test_the_framework_free_modules_load_no_framework() -> None:
    code = (
        "import sys, opine_common.logs, opine_common.problems, opine_common.http_metrics, opine_common.settings\n"
        "print({'flask', 'gunicorn', 'werkzeug'} & set(sys.modules))"
    )
    assert run(code, {}) == "set()\n"
