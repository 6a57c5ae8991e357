"""Part 1: texts on one core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from charcnn.engine import Engine, load_engine
from charcnn.quantise import MAX_PROBABILITY_DIFFERENCE, MIN_SAME_LABELS, compare, passes

from sentiment_bench.measure import Spread, cpu_seconds, peak_multiply_adds
from sentiment_bench.references import fast_text, pipeline_of_2019, plain_export, tf_idf
from sentiment_bench.texts import LENGTHS, reviews

if TYPE_CHECKING:
    from pathlib import Path

Predict = Callable[[Sequence[str]], object]
BATCHES = (1, 32)
_INT8_TEXTS = 500


def measure_engine(model: Path, rounds: int, least_s: float, mixed: int, names: Sequence[str]) -> dict[str, Any]:
    """Milliseconds of CPU a text, by contender, length and batch.

    Args:
        model: the artefact.
        rounds: measurements of each.
        least_s: CPU time of a measurement at least.
        mixed: texts of mixed lengths.
        names: of `CONTENDERS`.
    """
    torch.set_num_threads(1)
    engine = load_engine(model, "onnx", threads=1)
    contenders = {name: CONTENDERS[name](model) for name in names}
    # Results are keyed "length/batch"; the mix counts as a length.
    figures: dict[str, dict[str, Any]] = {name: {} for name in contenders}
    for length in (*LENGTHS, None):
        for batch in BATCHES:
            texts = reviews(mixed if length is None else batch, length)
            batches = [texts[start : start + batch] for start in range(0, len(texts), batch)]
            calls = {name: _over(predict, batches) for name, predict in contenders.items()}
            for name, spread in cpu_seconds(calls, rounds, least_s).items():
                figures[name][f"{length or 'mix'}/{batch}"] = _milliseconds_a_text(spread, len(texts))
    peak = peak_multiply_adds(rounds)
    part = {
        "milliseconds_a_text": figures,
        "peak_multiply_adds_a_second": peak,
        "share_of_peak": _share_of_peak(engine, figures["opine"], peak),
    }
    return {**part, "int8_gate": _int8_gate(model, engine)} if "opine_int8" in names else part


CONTENDERS: dict[str, Callable[[Path], Predict]] = {
    "opine": lambda model: _predictor(load_engine(model, "onnx", threads=1)),
    "opine_int8": lambda model: _predictor(load_engine(model, precision="int8")),
    "plain_onnx": plain_export,
    "legacy_2019": lambda _model: pipeline_of_2019(),
    "fasttext": lambda _model: fast_text(),
    "tf_idf": lambda _model: tf_idf(),
}


def _predictor(engine: Engine) -> Predict:
    return lambda texts: engine.predict([engine.encode(text) for text in texts], [False] * len(texts))


def _over(predict: Predict, batches: Sequence[Sequence[str]]) -> Callable[[], object]:
    def call() -> None:
        for batch in batches:
            predict(batch)

    return call


def _milliseconds_a_text(spread: Spread, texts: int) -> dict[str, float]:
    return Spread.of([value / texts * 1000 for value in (spread.least, spread.median, spread.largest)]).as_json()


def _share_of_peak(engine: Engine, figures: dict[str, Any], peak: float) -> dict[str, float]:
    """Multiply-adds of the dense layers, which the texts need, by those the core could do meanwhile."""
    per_character = engine.manifest.network.multiply_adds_per_character
    return {
        key: round(int(length) * per_character / (figure["median"] / 1000) / peak, 3)
        for key, figure in figures.items()
        if (length := key.split("/")[0]) != "mix"
    }


def _int8_gate(model: Path, exact: Engine) -> dict[str, Any]:
    """How far the answers are from the exact ones, and whether that is near enough."""
    texts = [exact.encode(text) for text in reviews(_INT8_TEXTS, None, seed=11)]
    figures = compare(exact, load_engine(model, precision="int8"), texts)
    return {
        "largest_probability_difference": figures.max_probability_difference,
        "same_labels": figures.same_labels,
        "allowed_difference": MAX_PROBABILITY_DIFFERENCE,
        "required_same_labels": MIN_SAME_LABELS,
        "passed": passes(figures),
    }
