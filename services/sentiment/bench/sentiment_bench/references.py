"""What the engine is measured against.

The shipped network as one would export it without thought, a batch padded to its longest text; the pipeline of 2019;
and, for their speed alone, fastText and TF-IDF with logistic regression on weights from made-up texts.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import fasttext  # type: ignore[import-untyped,import-not-found,unused-ignore]
import numpy as np
import onnxruntime
import torch
from charcnn.artefact import read_manifest
from charcnn.config import MAX_LOG_WEIGHT
from charcnn.features import look_up_rows, pack
from charcnn.legacy_2019 import ALPHABET, Legacy2019Config, Legacy2019Network
from charcnn.linear import load_linear
from charcnn.network import load_network, spaced_windows
from charcnn.prediction import calibrated_probabilities, decide_labels, proposed_stars, scores
from charcnn.text import encode
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import Tensor, nn
from torch.nn import functional

from sentiment_bench.texts import reviews

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from charcnn.network import CharCNN
    from numpy.typing import NDArray

_LENGTH_2019 = 1014
_TEXTS = 2000
_STARS = 5


class PaddedNetwork(nn.Module):
    """The network over a batch: logits (N, 5) of look-ups (N, T * stride, F) and a mask (N, T, 1)."""

    def __init__(self, network: CharCNN) -> None:
        super().__init__()
        self.network = network

    def forward(self, rows: Tensor, mask: Tensor) -> Tensor:
        embedded = functional.embedding(rows, self.network.table.weight).sum(2)
        cells = embedded.reshape(*mask.shape[:2], -1)
        scored = self.network.score_cells(cells, spaced_windows(mask))
        weight = scored[..., 5:].clamp(-MAX_LOG_WEIGHT, MAX_LOG_WEIGHT).exp() * mask
        means: Tensor = (scored[..., :5] * weight).sum(1) / weight.sum(1).clamp_min(1e-20)
        return means + self.network.bias


def plain_export(model: Path) -> Callable[[Sequence[str]], object]:
    """Texts to predictions by ONNX Runtime with its defaults but one thread."""
    manifest = read_manifest(model)
    config, calibration = manifest.network, manifest.calibration
    linear = load_linear(model, manifest.linear) if manifest.linear else None
    network = PaddedNetwork(load_network(model, config)).eval()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plain.onnx"
        example = (torch.ones(2, 16, 2 + len(config.ngrams), dtype=torch.int64), torch.ones(2, 4, 1))
        cells = torch.export.Dim("cells", min=1, max=10_000)
        texts = torch.export.Dim("texts", min=1, max=1000)
        shapes = ({0: texts, 1: config.stride * cells}, {0: texts, 1: cells})
        torch.onnx.export(network, example, file, dynamo=True, dynamic_shapes=shapes, verbose=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]

    def predict(batch: Sequence[str]) -> object:
        symbols = [encode(text).symbols for text in batch]
        cells = max(1, *(-(-len(text) // config.stride) for text in symbols))
        rows = np.zeros((len(batch), cells * config.stride, 2 + len(config.ngrams)), np.int64)
        mask = np.zeros((len(batch), cells, 1), np.float32)
        for index, text in enumerate(symbols):
            rows[index, : len(text)] = look_up_rows(pack([text], stride=1, gap=0), config)[: len(text)]
            mask[index, : -(-len(text) // config.stride)] = 1
        (logits,) = session.run(None, dict(zip(names, (rows, mask), strict=True)))
        if linear is not None:
            logits = logits + linear.forward(pack(symbols, stride=1, gap=1)).logits
        probabilities = calibrated_probabilities(logits, calibration)
        labels = decide_labels(probabilities, calibration)
        stars = proposed_stars(probabilities, labels)
        return scores(probabilities, stars), labels, stars, probabilities

    return predict


def one_hot(text: str) -> NDArray[np.float32]:
    """Each character looked up in a string, as it was done then; shape (69, 1014)."""
    matrix = np.zeros((_LENGTH_2019, len(ALPHABET)), np.float32)
    known = [character for character in text.lower().strip() if character in ALPHABET]
    for row, character in enumerate(known[::-1][:_LENGTH_2019]):
        matrix[row, ALPHABET.index(character)] = 1
    return matrix.T


def pipeline_of_2019() -> Callable[[Sequence[str]], object]:
    """Eager PyTorch over one-hot matrices, with weights at random, which cost what others do."""
    torch.manual_seed(0)
    network = Legacy2019Network(Legacy2019Config(max_length=_LENGTH_2019)).eval()

    def predict(texts: Sequence[str]) -> object:
        with torch.no_grad():
            x = torch.from_numpy(np.stack([one_hot(text) for text in texts]))
            for layer in (network.conv1, network.conv2, network.conv3, network.conv4, network.conv5, network.conv6):
                x = layer(x)
            return torch.softmax(network.fc3(network.fc2(network.fc1(x.flatten(1)))), dim=1).numpy()

    return predict


def fast_text() -> Callable[[Sequence[str]], object]:
    """Words and pairs of them, 100 dimensions."""
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.txt"
        file.write_text("".join(f"__label__{rng.randint(1, _STARS)} {text}\n" for text in reviews(_TEXTS, None)))
        model = fasttext.train_supervised(str(file), wordNgrams=2, epoch=1, thread=1, verbose=0)
    return lambda texts: model.predict(list(texts))


def tf_idf() -> Callable[[Sequence[str]], object]:
    """Words and pairs of them."""
    rng = random.Random(1)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(max_iter=50))
    model.fit(reviews(_TEXTS, None), [rng.randint(1, _STARS) for _ in range(_TEXTS)])
    return model.predict_proba  # type: ignore[no-any-return]
