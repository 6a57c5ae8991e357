"""int8: near single precision, and no answer depends on the texts beside it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import charcnn.quantise
import numpy as np
import onnx
import pytest
from charcnn.artefact import ArtefactError, read_manifest
from charcnn.devices import DeviceError, require_int8
from charcnn.engine import load_engine
from charcnn.quantise import compare, passes, quantise

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.engine import Engine

MODEL = ROOT / "services/sentiment/model"
TEXTS = [
    "",
    "a",
    "ok",
    "Great shop, would buy again!",
    "x" * 20_000,
    "😀 I love it 💔 é ﬁ",
    "Rude staff, a broken parcel and no refund. " * 30,
    "not bad at all. " * 40,
    "It was fine, nothing special, but the colour is off and it came late.",
]
LEARNED = [f"{a} {b}, {c}." for a in ("Great", "Bad", "So so") for b in ("shop", "staff") for c in ("thanks", "never")]


def processor_has_int8() -> bool:
    try:
        require_int8()
    except DeviceError:
        return False
    return True


needs_int8 = pytest.mark.skipif(not processor_has_int8(), reason="this processor has no instructions for int8")


@pytest.fixture(scope="module")
def int8() -> Engine:
    return load_engine(MODEL, precision="int8")


@pytest.fixture
def folder(artefact: Path, tmp_path: Path) -> Path:
    shutil.copytree(artefact, tmp_path / "model")
    return tmp_path / "model"


@needs_int8
@pytest.mark.parametrize("together", [2, 5, len(TEXTS)])
def test_a_text_is_answered_alike_to_the_bit_alone_and_in_any_batch(int8: Engine, together: int) -> None:
    encoded = [int8.encode(text) for text in TEXTS]
    for begin in range(len(encoded)):
        batch = (encoded[begin:] + encoded[:begin])[:together]
        (alone,) = int8.predict(batch[:1], [True])
        beside = int8.predict(batch, [True] * together)[0]
        assert alone.star_probabilities == beside.star_probabilities
        assert (alone.score, alone.label, alone.stars) == (beside.score, beside.label, beside.stars)
        np.testing.assert_array_equal(alone.contributions, beside.contributions)


@needs_int8
def test_the_shipped_graph_is_near_single_precision_and_not_the_same(int8: Engine) -> None:
    figures = compare(load_engine(MODEL), int8, [int8.encode(text) for text in TEXTS + LEARNED])
    assert passes(figures)
    assert figures.max_probability_difference > 0


def test_its_manifest_says_how_near() -> None:
    figures = read_manifest(MODEL).int8
    assert figures is not None
    assert passes(figures)
    assert figures.texts >= 2000


@pytest.mark.parametrize(
    ("worse", "why"),
    [({"max_probability_difference": 0.0101}, "far"), ({"same_labels": 0.99}, "other"), ({"texts": 0}, "unknown")],
)
def test_what_is_not_near_enough_does_not_pass(worse: dict[str, float], why: str) -> None:
    figures = read_manifest(MODEL).int8
    assert figures is not None
    assert not passes(figures.model_copy(update=worse)), why


@needs_int8
def test_a_graph_multiplies_bytes_in_the_blocks_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charcnn.quantise, "MAX_PROBABILITY_DIFFERENCE", 1)
    monkeypatch.setattr(charcnn.quantise, "MIN_SAME_LABELS", 0)
    exact = load_engine(folder)
    texts = [exact.encode(text) for text in LEARNED]
    quantise(folder, texts)
    figures = quantise(folder, texts)  # once more, which replaces the first
    assert read_manifest(folder).int8 == figures
    assert figures.texts == len(LEARNED) / 2
    operators = [node.op_type for node in onnx.load(folder / "model.int8.onnx", load_external_data=False).graph.node]
    assert operators.count("QGemm") == 4  # two layers of two blocks
    assert operators.count("Gemm") == 2  # the stem and the head
    probabilities = [
        [
            prediction.star_probabilities
            for prediction in engine.predict([exact.encode(text) for text in LEARNED], [False] * len(LEARNED))
        ]
        for engine in (exact, load_engine(folder, precision="int8"))
    ]
    # A network at random with large weights is a hard case; a wrong graph is off by far more.
    np.testing.assert_allclose(probabilities[0], probabilities[1], atol=0.1)


@needs_int8
def test_a_graph_that_is_too_far_is_left_out(folder: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "import charcnn.quantise as q; q.MAX_PROBABILITY_DIFFERENCE = -1; q.main()",
        str(folder),
    ]
    run = subprocess.run(command, input="\n".join(LEARNED), capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "int8 is not near enough and left out" in run.stderr
    assert json.loads(run.stdout)["max_probability_difference"] > 0
    assert not (folder / "model.int8.onnx").exists()
    with pytest.raises(ArtefactError, match=r"python -m charcnn\.quantise"):
        load_engine(folder, precision="int8")
    load_engine(folder)


def test_int8_is_for_a_cpu_that_has_it(tmp_path: Path) -> None:
    cpu_info = tmp_path / "cpuinfo"
    cpu_info.write_text("flags\t\t: fpu sse2 avx2 avx512f\n")
    with pytest.raises(DeviceError, match="Use fp32"):
        require_int8(cpu_info)
    cpu_info.write_text("flags\t\t: fpu sse2 avx2 avx_vnni\n")
    require_int8(cpu_info)
    require_int8(tmp_path / "none")
    with pytest.raises(DeviceError, match="for ONNX Runtime on a CPU"):
        load_engine(MODEL, "torch", precision="int8")
