"""The engine with eight-bit dense layers, and the gate that it would have to pass."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from charcnn.artefact import GRAPH
from charcnn.engine import Engine, load_engine
from charcnn.onnx_backend import OnnxBackend
from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]

from sentiment_bench.texts import reviews

_GATE_TEXTS = 500
_MAX_PROBABILITY_DIFFERENCE = 0.01
_LEAST_SAME_STARS = 0.995


def eight_bit_engine(model: Path) -> Engine:
    """Weights quantised a channel, activations a window as they come (so neighbours change an answer)."""
    engine = load_engine(model, "onnx", threads=1)
    backend = engine._backend  # noqa: SLF001  nobody else needs to open it
    assert isinstance(backend, OnnxBackend)
    with tempfile.TemporaryDirectory() as folder:
        exact, quantised = Path(folder) / "exact.onnx", Path(folder) / "quantised.onnx"
        # With its weights inside, in single precision.
        folding = onnxruntime.SessionOptions()
        folding.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        folding.optimized_model_filepath = str(exact)
        onnxruntime.InferenceSession(model / GRAPH, folding, providers=["CPUExecutionProvider"])
        quantize_dynamic(
            exact, quantised, op_types_to_quantize=["Gemm", "MatMul"], per_channel=True, weight_type=QuantType.QInt8
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(quantised, options, providers=["CPUExecutionProvider"])
        backend._session = session  # noqa: SLF001
    return engine


def gate(model: Path, exact: Engine) -> dict[str, Any]:
    """How far the answers are from the exact ones, and whether that is near enough."""
    texts = [exact.encode(text) for text in reviews(_GATE_TEXTS, None, seed=11)]
    explain = [False] * len(texts)
    expected, actual = (engine.predict(texts, explain) for engine in (exact, eight_bit_engine(model)))
    difference = max(
        float(np.abs(np.subtract(a.star_probabilities, b.star_probabilities)).max())
        for a, b in zip(expected, actual, strict=True)
    )
    same = sum(a.stars == b.stars for a, b in zip(expected, actual, strict=True)) / len(texts)
    return {
        "largest_probability_difference": round(difference, 4),
        "same_stars": round(same, 4),
        "allowed_difference": _MAX_PROBABILITY_DIFFERENCE,
        "required_same_stars": _LEAST_SAME_STARS,
        "passed": difference <= _MAX_PROBABILITY_DIFFERENCE and same >= _LEAST_SAME_STARS,
    }
