"""What serving loads and what it tells BentoML's makers."""

import os
import subprocess
import sys

import pytest


def python(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},  # noqa: TID251  the child's
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


def test_the_worker_loads_neither_bentoml_nor_torch_nor_onnx() -> None:
    loaded = python(
        "import sys, opine_sentiment.worker, opine_sentiment.http.application, charcnn.engine, charcnn.onnx_backend\n"
        "foreign = {'bentoml', '_bentoml_sdk', 'rich.text', 'torch', 'onnx', 'onnxruntime', 'flask'}\n"
        "print(sorted(foreign & set(sys.modules)))",
    )
    assert loaded == "['onnxruntime']"


LOOKS_FIRST = """
from bentoml._internal.utils.analytics.usage_stats import do_not_track
do_not_track()
import opine_sentiment.service
print(do_not_track())
"""


@pytest.mark.parametrize(("asked", "declined"), [(None, "True"), ("False", "False")])
def test_usage_is_not_reported_unless_one_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, declined: str
) -> None:
    monkeypatch.delenv("BENTOML_DO_NOT_TRACK", raising=False)
    chosen = {} if asked is None else {"BENTOML_DO_NOT_TRACK": asked}
    assert python(LOOKS_FIRST, **chosen) == declined
