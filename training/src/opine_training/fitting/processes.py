"""One process, or several that torchrun started."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import distributed

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Processes:
    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this one writes files and speaks."""
        return self.rank == 0

    def wait(self) -> None:
        if self.count > 1:
            distributed.barrier()

    def agree(self, value: float) -> float:
        """The first process's value, on all of them: they stop at the same epoch."""
        if self.count == 1:
            return value
        shared = [value]
        distributed.broadcast_object_list(shared, src=0)
        return float(shared[0])


@contextmanager
def processes() -> Iterator[Processes]:
    """Join the others where torchrun started this one; NCCL between GPUs, Gloo between CPUs."""
    if not distributed.is_torchelastic_launched():
        yield Processes()
        return
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
