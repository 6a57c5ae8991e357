"""What serving loads."""

import subprocess
import sys


def test_the_service_loads_neither_torch_nor_onnx_nor_a_web_framework_beside_bentoml_s() -> None:
    code = (
        "import sys, opine_sentiment.service, charcnn.engine, charcnn.onnx_backend\n"
        "print(sorted({'torch', 'onnx', 'onnxruntime', 'flask', 'fastapi', 'bentoml'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "['bentoml', 'onnxruntime']"


def test_metrics_are_counted_in_memory_though_bentoml_asks_for_files() -> None:
    code = "import opine_sentiment.service, prometheus_client.values as v; print(v.ValueClass.__name__)"
    made = subprocess.run(
        [sys.executable, "-c", code],
        env={"PROMETHEUS_MULTIPROC_DIR": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == "MutexValue"
