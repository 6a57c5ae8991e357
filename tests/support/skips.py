"""A skip that nobody agreed to fails where CI is set: there every test runs, or says here why it cannot."""

import os
import re
from collections.abc import Generator

import pytest

# Reasons that a test may give, as regular expressions, and why a machine that decides about a merge may lack that.
ACCEPTED = {
    r"there is no GPU": "hosts without one are the rule",
    r"there is a GPU( here)?": "what happens without one is checked on the others",
    r"there is no (npm|go|aws) for this machine": "`make lint` leaves out what it brings: docs/decisions/linters.md",
    r"no --data, the reviews .*": "nobody may publish them; .ci/run gives them where they lie beside this repository",
    r"nothing is closed to root": "containers of CI run as root",
    r"only root can .*": "and some do not",
    r"this processor has no instructions for int8": "which the scores are then computed without",
    r".* is not built: make images VARIANT=cuda": "gigabytes, and only for GPUs",
    r"\S+/scraping:\S+ is not built: make images": "the tests of scraping on a cluster build it themselves",
    r"the cluster has no (custom metrics API|Prometheus .*|way to this machine|S3 store of ours|registry of ours)": (
        "any cluster may be given to `make e2e`"
    ),
}


Report = pytest.TestReport | pytest.CollectReport


def refusal(report: Report) -> str | None:
    """Why a skip is none of the accepted ones; None for these, and for what was not skipped."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return None
    where, line, message = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, str(report.longrepr))
    reason = message.removeprefix("Skipped: ")
    if any(re.fullmatch(accepted, reason) for accepted in ACCEPTED):
        return None
    return (
        f"{where}:{line}: skipped, because {reason!r}. In CI every test must run: give this machine what it lacks, or "
        "add the reason to ACCEPTED in tests/support/skips.py."
    )


def _fail_unless_accepted(report: Report) -> None:
    if os.environ.get("CI") and (complaint := refusal(report)):  # noqa: TID251  a test's own
        report.outcome = "failed"
        report.longrepr = complaint


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_unless_accepted(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_unless_accepted(report)
    return report
