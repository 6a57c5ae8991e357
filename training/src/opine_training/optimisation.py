"""One step of training: the loss, the optimiser, the learning rate, and the devices that share it.

Shapes: N texts, K classes.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import distributed
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from opine_training import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from opine_training.config import HardwareConfig, LossConfig, OptimiserConfig, ScheduleConfig, TrainConfig
    from opine_training.networks import Inputs


@dataclass(frozen=True, slots=True)
class Targets:
    """What N texts are to be read as."""

    classes: Tensor
    """Shape (N,)."""
    soft: Tensor | None = None
    """A teacher's logits, shape (N, K); NaN in the rows that it has not read."""


def losses(logits_NK: Tensor, targets: Targets, config: LossConfig) -> Tensor:
    """Loss of each text, shape (N,): the chosen one, mixed with the teacher's where there is one."""
    hard_N = _hard(logits_NK, targets.classes, config)
    if targets.soft is None or not config.soft_weight:
        return hard_N
    # NaN times zero is NaN: what the teacher has not read is replaced before it is weighed out.
    known_N = ~targets.soft.isnan().any(dim=1)
    soft_N = soft_cross_entropy(logits_NK, targets.soft.nan_to_num(), config.soft_temperature)
    return hard_N + config.soft_weight * known_N * (soft_N - hard_N)


def _hard(logits_NK: Tensor, classes_N: Tensor, config: LossConfig) -> Tensor:
    match config.kind:
        case "cross_entropy":
            return functional.cross_entropy(
                logits_NK, classes_N, label_smoothing=config.label_smoothing, reduction="none"
            )
        case "focal":
            return config.alpha * focal(logits_NK, classes_N, config.gamma)


def focal(logits_NK: Tensor, classes_N: Tensor, gamma: float) -> Tensor:
    """-(1 - p)^gamma log p of the true class (Lin et al. 2017)."""
    cross_entropy_N = functional.cross_entropy(logits_NK, classes_N, reduction="none")
    # Rounding can take 1 - p below zero, and a power of that is NaN.
    return (1 - (-cross_entropy_N).exp()).clamp_min(0) ** gamma * cross_entropy_N


def soft_cross_entropy(logits_NK: Tensor, teacher_NK: Tensor, temperature: float) -> Tensor:
    """T^2 times the Kullback-Leibler divergence from the softened teacher (Hinton et al. 2015)."""
    divergence_NK = functional.kl_div(
        functional.log_softmax(logits_NK / temperature, dim=1),
        functional.log_softmax(teacher_NK / temperature, dim=1),
        reduction="none",
        log_target=True,
    )
    # Gradients shrink with 1 / T^2; the factor keeps the two losses on one scale whatever T is.
    return temperature**2 * divergence_NK.sum(dim=1)


def class_weights(counts_K: Tensor, balance: float) -> Tensor:
    """Frequency ** -balance of each class, scaled so that the mean over texts is 1."""
    frequency_K = counts_K.clamp_min(1) / counts_K.sum()  # a class without rows weighs as one of a single row
    weight_K = frequency_K**-balance
    # With a mean of 1, a learning rate means the same whatever the balance.
    return weight_K / (weight_K * frequency_K).sum()


def weighted_mean(values_N: Tensor, weights_N: Tensor, total: float) -> Tensor:
    """The sum of weighted values, both (N,), over the weight of the whole step, parts of which others may hold."""
    return torch.dot(values_N, weights_N) / total


def build_optimiser(network: torch.nn.Module, config: OptimiserConfig) -> torch.optim.Optimizer:
    """PyTorch's own, fused: one pass over the weights a step, where most of them are look-up rows."""
    rate, decay = config.learning_rate, config.weight_decay
    match config.kind:
        case "adamw":
            return torch.optim.AdamW(network.parameters(), rate, weight_decay=decay, fused=True)
        case "adam":
            return torch.optim.Adam(network.parameters(), rate, weight_decay=decay, fused=True)
        case "sgd":
            return torch.optim.SGD(network.parameters(), rate, config.momentum, weight_decay=decay, fused=True)


def learning_rate(peak: float, config: ScheduleConfig, epoch: float, epochs: int) -> float:
    """The rate after so many epochs, fractions included, of all."""
    # A function of where the run is, so that one that goes on needs no state of it (docs/decisions/training.md).
    match config.kind:
        case "one_cycle":
            return peak * one_cycle(epoch / epochs, config.warmup)
        case "cyclical":
            return config.lowest + (peak - config.lowest) * triangle(epoch / config.step_epochs)
        case "step":
            return peak * 0.5 ** math.floor(epoch / config.step_epochs)
        case "constant":
            return peak


def one_cycle(share: float, warmup: float) -> float:
    """Factor after a share of all steps: a linear rise, then a cosine to zero."""
    if share < warmup:
        return share / warmup
    return 0.5 * (1 + math.cos(math.pi * (share - warmup) / (1 - warmup)))


def triangle(half_cycles: float) -> float:
    """0 at even, 1 at odd numbers of half cycles, straight in between."""
    return 1 - abs(half_cycles % 2 - 1)


class NoDeviceError(InputError):
    """What was asked for is not there."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where and how a run computes, once the options meet the machine."""

    device: torch.device
    half: bool
    """Whether the forward pass computes in bfloat16, whose range is float32's: no loss needs scaling."""
    compiled: bool
    workers: int = 0

    def autocast(self) -> torch.autocast:
        """The context of a forward pass."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)


def resolve_device(config: HardwareConfig) -> Device:
    """Raises NoDeviceError where CUDA is asked for and there is none."""
    if config.device == "cuda" and not torch.cuda.is_available():
        raise NoDeviceError("there is no CUDA device here that PyTorch can use; leave --device out to train on the CPU")
    on_gpu = torch.cuda.is_available() and config.device != "cpu"
    if on_gpu:
        # torchrun starts one process a GPU and numbers them within the machine.
        local_rank = distributed.get_node_local_rank() if distributed.is_torchelastic_launched() else 0
        torch.cuda.set_device(local_rank)
    half = config.precision == "bfloat16" or (config.precision == "auto" and _computes_in_bfloat16(on_gpu=on_gpu))
    compiled = config.compile == "on" or (config.compile == "auto" and on_gpu)
    return Device(torch.device("cuda" if on_gpu else "cpu"), half, compiled, config.workers)


def _computes_in_bfloat16(*, on_gpu: bool) -> bool:
    # Emulated, it would be slower than float32.
    if on_gpu:
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001  there is no public question


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those that torchrun started; alone without it."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this one writes files and logs."""
        return self.rank == 0

    def barrier(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            distributed.barrier()

    def broadcast(self, value: float) -> float:
        """The first process's value, on all of them: they stop at the same epoch."""
        if self.count == 1:
            return value
        shared = [value]
        # As an object: a tensor would have to be on the GPU with NCCL and on the CPU with Gloo.
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


@dataclass(frozen=True, slots=True)
class Batch:
    """This process's part of a step."""

    inputs: Inputs
    targets: Targets
    weights: torch.Tensor
    """Shape (N,)."""
    total: float
    """Weight of the whole step, over all processes."""

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        soft = self.targets.soft
        return Batch(
            tuple(each.to(device) if isinstance(each, torch.Tensor) else each for each in self.inputs),
            Targets(self.targets.classes.to(device), None if soft is None else soft.to(device)),
            self.weights.to(device),
            self.total,
        )


class Stepper:
    """A network on a device with its optimiser."""

    def __init__(self, network: torch.nn.Module, config: TrainConfig, device: Device, processes: Processes) -> None:
        self.network = network.to(device.device)
        self.optimiser = build_optimiser(self.network, config.optimiser)
        self._config = config
        self._device = device
        self._processes = processes
        # The bare network stays at hand: wrapped, its weights would have other names in a checkpoint.
        forward: torch.nn.Module = self.network
        if processes.count > 1:
            forward = DistributedDataParallel(forward)
        # Batches differ in length: without `dynamic` each length would be compiled anew.
        self._forward = torch.compile(forward, dynamic=True) if device.compiled else forward

    def step(self, batch: Batch, learning_rate: float, seed: tuple[int, ...]) -> float:
        """Read a batch, take a step, and return the loss of this process's part, scaled to the whole.

        Args:
            batch: still on the CPU.
            learning_rate: of this step.
            seed: of dropout in this step; it makes a step the same after an interruption as without.
        """
        # Seeds that differ in one number must not give streams that are alike: SeedSequence mixes them.
        torch.manual_seed(int(np.random.SeedSequence([*seed, self._processes.rank]).generate_state(1)[0]))
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        batch = batch.to(self._device.device)
        with self._device.autocast():
            logits_NK = self._forward(*batch.inputs)
        # Losses in float32: differences of a softmax are lost in the eight bits of bfloat16.
        each_N = losses(logits_NK.float(), batch.targets, self._config.loss)
        # DistributedDataParallel averages gradients; the parts of a step are to be summed.
        loss = self._processes.count * weighted_mean(each_N, batch.weights, batch.total)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if self._config.optimiser.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self._config.optimiser.clip_norm)
        self.optimiser.step()
        return float(loss.detach())
