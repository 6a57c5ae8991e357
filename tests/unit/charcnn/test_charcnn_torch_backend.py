"""What the backend for GPUs does beside recording graphs, on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
import torch
from charcnn.devices import DeviceChoice, DeviceError, choose_device
from charcnn.engine import Engine, load_engine
from charcnn.features import look_up_columns, pack
from charcnn.text import encode
from charcnn.torch_backend import SIZES, TorchBackend, size_for

if TYPE_CHECKING:
    from pathlib import Path

    from charcnn.config import NetworkConfig


@pytest.mark.parametrize(("cells", "size"), [(1, 64), (64, 64), (65, 128), (8192, 8192), (8193, 16384), (16385, 24576)])
def test_sizes_are_few(cells: int, size: int) -> None:
    assert size_for(cells) == size


def test_blanks_to_the_next_size_change_nothing(artefact: Path, network_config: NetworkConfig) -> None:
    backend = TorchBackend(artefact, network_config, threads=1, choice="cpu")
    texts = [encode("not bad at all. " * 30).symbols, encode("Great shop!").symbols]
    # A long batch first: what it leaves in the buffers must not be seen by a shorter one of the same size.
    for batch in (texts, texts[::-1], texts[:1]):
        packed = pack(batch, stride=network_config.stride, gap=backend.gap)
        columns = look_up_columns(packed, network_config)
        cells = backend.cells(columns, packed)
        assert len(cells) == len(packed.cell_text) < size_for(len(cells))
        mask = torch.from_numpy(packed.cell_text < len(batch)).unsqueeze(1)
        with torch.inference_mode():
            exact = backend._network.cells(torch.from_numpy(columns.T.copy()), mask).numpy()  # noqa: SLF001  unpadded
        seen = mask[:, 0].numpy()
        np.testing.assert_allclose(cells[seen], exact[seen], atol=1e-5)


def test_buffers_are_kept_for_the_few_sizes_only(artefact: Path) -> None:
    engine = load_engine(artefact, "torch", device="cpu")
    for length in (10, 10_000, 40_000):
        engine.predict([engine.encode("x" * length)], [False])
    backend = cast("TorchBackend", engine._backend)  # noqa: SLF001
    assert set(backend._shapes) <= set(SIZES)  # noqa: SLF001


@pytest.mark.parametrize(
    ("choice", "gpu_visible", "device"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_the_device_is_chosen(choice: DeviceChoice, device: str, *, gpu_visible: bool) -> None:
    assert choose_device(choice, gpu_visible=gpu_visible) == device


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_required_gpu_that_is_not_there_is_an_error(artefact: Path) -> None:
    with pytest.raises(DeviceError, match="no GPU is visible"):
        load_engine(artefact, "torch", device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_recorded_graphs_in_half_precision_agree_with_the_cpu(artefact: Path) -> None:
    def probabilities(engine: Engine) -> list[tuple[float, ...]]:
        encoded = [engine.encode("not bad at all. " * repeats) for repeats in (1, 20, 300, 3000)]
        return [prediction.star_probabilities for prediction in engine.predict(encoded, [False] * len(encoded))]

    gpu = load_engine(artefact, "torch", device="cuda")
    assert gpu.device == "cuda"
    np.testing.assert_allclose(probabilities(gpu), probabilities(load_engine(artefact)), atol=5e-3)
