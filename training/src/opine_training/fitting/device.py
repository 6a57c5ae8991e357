"""What the machine can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import distributed

if TYPE_CHECKING:
    from opine_training.config.hardware import HardwareConfig


class DeviceError(Exception):
    """What was asked for is not there."""


@dataclass(frozen=True, slots=True)
class Device:
    device: torch.device
    half: bool
    """Whether the forward pass computes in bfloat16."""
    compiled: bool
    workers: int = 0

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)


def choose_device(config: HardwareConfig) -> Device:
    """Raises DeviceError where CUDA is asked for and there is none."""
    if config.device == "cuda" and not torch.cuda.is_available():
        raise DeviceError("there is no CUDA device here that PyTorch can use; leave --device out to train on the CPU")
    on_gpu = torch.cuda.is_available() and config.device != "cpu"
    if on_gpu:
        place = distributed.get_node_local_rank() if distributed.is_torchelastic_launched() else 0
        torch.cuda.set_device(place)
    half = config.precision == "bfloat16" or (config.precision == "auto" and _computes_in_bfloat16(on_gpu=on_gpu))
    compiled = config.compile == "on" or (config.compile == "auto" and on_gpu)
    return Device(torch.device("cuda" if on_gpu else "cpu"), half, compiled, config.workers)


def _computes_in_bfloat16(*, on_gpu: bool) -> bool:
    if on_gpu:
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001  there is no public question
