"""How a model learns from what people wrote since: as little as the reviews can tell, and nothing is forgotten.

Three steps, each from the one before: temperature and biases; the linear part, which also learns new words; the
network, once there are corrections enough. All of them start from the live version and learn a mixture of people's
stars and its own opinion of the same texts. The newest of the learned reviews choose: a step with more freedom must be
better by more than chance.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from charcnn.artefact import artefact_digest, read_manifest
from charcnn.config import STARS, Calibration
from charcnn.linear import LinearModel, load_linear
from charcnn.network import CharCNN, load_network
from charcnn.prediction import calibrated_probabilities, decide_labels, proposed_stars

from opine_training.calibration import fit_scaling
from opine_training.config import (
    AugmentationConfig,
    LinearPartConfig,
    LossConfig,
    OptimiserConfig,
    SamplingConfig,
    TrainConfig,
    require_positive,
    require_shares,
)
from opine_training.linear import Update, extended, features, linear_logits, pruned
from opine_training.loop import Training
from opine_training.networks import CharCNNEncoding, build_encoding, build_network, predict_logits
from opine_training.optimisation import Processes
from opine_training.reviews import DataError
from opine_training.sampling import SoftTargets

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from charcnn.artefact import Manifest
    from numpy.typing import NDArray

    from opine_training.corpus import Corpus
    from opine_training.labels import Labels
    from opine_training.optimisation import Device

logger = logging.getLogger(__name__)
LIVE = "live"
"""The step that changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FineTuneConfig:
    """What is learned from few reviews, and how far it may lead."""

    seed: int = 1
    tuning_share: float = 0.2
    """Of the reviews that are learned from, the newest share, which chooses among the steps."""
    least_labels: int = 100
    """Reviews without which nothing is learned."""
    own_opinion: float = 0.3
    """Share of the live version's own opinion in what each text is to be read as."""
    new_ngrams: int = 5000
    """Most word n-grams that come to know; each must stand in `ngram_texts` texts."""
    ngram_texts: int = 5
    network_from: int = 2000
    """Corrections from which on the network learns, too."""
    epochs: int = 2
    """Of the network."""
    learning_rate: float = 3e-4
    """Of the network."""

    def __post_init__(self) -> None:
        require_shares(self, "tuning_share", "own_opinion")
        require_positive(self, "least_labels", "ngram_texts", "epochs", "learning_rate")


@dataclass(frozen=True, slots=True)
class Parent:
    """The version that learns."""

    folder: Path
    digest: str
    manifest: Manifest
    network: CharCNN
    linear: LinearModel


def read_parent(folder: Path, digest: str | None = None) -> Parent:
    """The artefact of a folder, which must have this digest if one is given.

    Raises:
        ArtefactError: it is none, or another one.
    """
    manifest = read_manifest(folder, digest)
    linear = load_linear(folder, manifest.linear) if manifest.linear else _no_linear_part()
    return Parent(folder, artefact_digest(folder, manifest), manifest, load_network(folder, manifest.network), linear)


def _no_linear_part() -> LinearModel:
    none = np.zeros(0, np.float32)
    return LinearModel(LinearPartConfig().words, none.astype(np.uint32), none, none.reshape(0, len(STARS)),
                       np.zeros(len(STARS), np.float32))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a step has made of the parent."""

    step: str
    linear: LinearModel
    calibration: Calibration
    network: CharCNN | None = None
    """None: the parent's."""
    deviation: float | None = None
    """How far the linear weights were expected to go; None where they stay."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """The chosen candidate, and what the newest reviews said of every step."""

    candidate: Candidate
    figures: list[dict[str, Any]]


# Weights of the shipped model differ by 0.13: the first hardly moves, the last may turn any word round.
_DEVIATIONS = (0.25, 0.5, 1.0, 2.0, 4.0)
_LEAST_WRITTEN_HERE = 50
_LEAST_PROBABILITY = 1e-12
_BATCH_CHARACTERS = 8192  # half of a first training's, for there are few texts


class FineTuning:
    """Corpus, parent and what is computed of both once.

    Args:
        parent: what learns.
        corpus: the reviews that are learned from, N in order of time.
        labels: of the same.
        config: how.

    Raises:
        DataError: too few reviews.
    """

    def __init__(self, parent: Parent, corpus: Corpus, labels: Labels, config: FineTuneConfig) -> None:
        if len(corpus) < config.least_labels:
            raise DataError(
                f"only {len(corpus)} reviews to learn from; {config.least_labels} are needed (--least-labels)"
            )
        self._parent, self._corpus, self._config = parent, corpus, config
        self._stars = corpus.stars.astype(np.int64)
        self._corrections = labels.corrections
        self.first_tuning = len(corpus) - round(config.tuning_share * len(corpus))
        self._encoding = CharCNNEncoding(parent.manifest.network)
        self._network = predict_logits(parent.network, self._encoding, corpus)
        self._logits = (self._network + _linear_logits(parent.linear, corpus)).astype(np.float32)
        own = calibrated_probabilities(self._logits, parent.manifest.calibration)
        # What people chose, smoothed by what the live version thinks of the same words: no single author turns it.
        stars = np.eye(len(STARS))[self._stars]
        self._targets = (1 - config.own_opinion) * stars + config.own_opinion * own
        judges = np.arange(len(corpus)) >= self.first_tuning
        here = judges & labels.written_here
        # The live version is asked here: reviews read elsewhere only choose where there are no others.
        self._judges = np.flatnonzero(here if here.sum() >= _LEAST_WRITTEN_HERE else judges)

    def run(self, folder: Path, device: Device) -> Tuned:
        """Try the steps, choose, and let the chosen one learn from the newest reviews, too.

        Args:
            folder: keeps the network's checkpoint.
            device: the network learns on.
        """
        live = Candidate(LIVE, self._parent.linear, self._parent.manifest.calibration)
        calibrated = self._calibrated(self.first_tuning)
        updated = self._updated(self.first_tuning, calibrated, _DEVIATIONS)
        linear = min(updated, key=lambda each: self._loss(each).mean())
        tried = [live, calibrated, linear]
        if self._corrections >= self._config.network_from:
            tried.append(self._trained(linear, folder, device))
        chosen = live
        for candidate in tried[1:]:
            gain = self._loss(chosen) - self._loss(candidate)
            # The one-standard-error rule (Breiman et al. 1984), of paired differences.
            if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
                chosen = candidate
        figures = [self._figures(candidate) | {"chosen": candidate is chosen} for candidate in tried]
        for each in figures:
            logger.info("%(step)s: log-loss %(log_loss).4f, agreement %(agreement).3f", each)
        return Tuned(self._with_newest(chosen), figures)

    def _with_newest(self, chosen: Candidate) -> Candidate:
        """Calibration and linear part learn from the tuning reviews as well; the network would take its time again."""
        everything = len(self._corpus)
        if chosen.network is not None or chosen.step == LIVE:
            return chosen
        calibrated = self._calibrated(everything)
        if chosen.deviation is None:
            return calibrated
        (linear,) = self._updated(everything, calibrated, (chosen.deviation,))
        return linear

    def _calibrated(self, count: int) -> Candidate:
        calibration = _rescaled(self._parent.manifest.calibration, self._logits[:count], self._stars[:count])
        return Candidate("calibration", self._parent.linear, calibration)

    def _updated(self, count: int, calibrated: Candidate, deviations: tuple[float, ...]) -> list[Candidate]:
        """The linear part after the first reviews."""
        parent, config = self._parent.linear, self._config
        learned = self._corpus.between(0, count)
        linear = extended(parent, learned, config.new_ngrams, config.ngram_texts)
        if not len(linear.fingerprints):
            return [calibrated]
        update = Update(
            linear, features(linear, learned), self._network[:count], self._targets[:count], calibrated.calibration
        )
        # No more n-grams than a new model has, however often it learns.
        entries = max(len(parent.fingerprints), LinearPartConfig().entries)
        return [
            Candidate("linear", pruned(update.fit(deviation), entries), calibrated.calibration, deviation=deviation)
            for deviation in deviations
        ]

    def _trained(self, linear: Candidate, folder: Path, device: Device) -> Candidate:
        config = network_config(self._parent, self._config)
        network = build_network(config)
        network.load_state_dict(self._parent.network.state_dict())
        train = self._corpus.between(0, self.first_tuning)
        tuning = self._corpus.between(self.first_tuning, len(self._corpus))
        encoding = build_encoding(config)
        own = own_opinions(self._parent.network, self._encoding, train, self._config.seed)
        progress = Training(config, network, encoding, train, tuning, folder, device, Processes(), own).run()
        trained = CharCNN(self._parent.manifest.network)
        trained.load_state_dict(progress.best or self._parent.network.state_dict())
        # On rows that no step learned from: on the others the network is surer than it should be.
        logits = predict_logits(trained, self._encoding, tuning) + linear_logits(linear.linear, tuning)
        calibration = _rescaled(linear.calibration, logits.astype(np.float32), tuning.stars.astype(np.int64))
        return Candidate("network", linear.linear, calibration, trained, linear.deviation)

    def _loss(self, candidate: Candidate) -> NDArray[np.float64]:
        """Of each judging review."""
        p = self._probabilities(candidate)
        return -np.log(np.maximum(p[np.arange(len(p)), self._stars[self._judges]], _LEAST_PROBABILITY))

    def _figures(self, candidate: Candidate) -> dict[str, Any]:
        p = self._probabilities(candidate)
        proposed = proposed_stars(p, decide_labels(p, candidate.calibration)) - 1
        new = len(np.setdiff1d(candidate.linear.fingerprints, self._parent.linear.fingerprints))
        return {
            "step": candidate.step,
            "reviews": len(p),
            "log_loss": round(float(self._loss(candidate).mean()), 4),
            "agreement": round(float((proposed == self._stars[self._judges]).mean()), 4),
            "deviation": candidate.deviation,
            "new_ngrams": new,
        }

    def _probabilities(self, candidate: Candidate) -> NDArray[np.float64]:
        judges = self._judges
        corpus = self._corpus.between(int(judges[0]), len(self._corpus))
        within = judges - judges[0]
        network = self._network[judges]
        if candidate.network is not None:
            network = predict_logits(candidate.network, self._encoding, corpus)[within]
        linear = _linear_logits(candidate.linear, corpus)[within]
        return calibrated_probabilities(network + linear, candidate.calibration)


def _linear_logits(linear: LinearModel, corpus: Corpus) -> NDArray[np.float32]:
    if not len(linear.fingerprints):
        return np.tile(linear.bias, (len(corpus), 1))
    return linear_logits(linear, corpus)


def _rescaled(before: Calibration, logits: NDArray[np.float32], stars: NDArray[np.int64]) -> Calibration:
    """Temperature and biases as the reviews ask for; what few of them say moves little."""
    temperature, (one, two, three, four, five) = fit_scaling(logits, stars, (before.temperature, before.star_bias))
    # The label offsets stay: fitted to few reviews, they would be noise. Those to a uniform prior hold no more.
    return before.model_copy(
        update={
            "temperature": temperature,
            "star_bias": (one, two, three, four, five),
            "uniform_prior_offsets": None,
        }
    )


def network_config(parent: Parent, config: FineTuneConfig) -> TrainConfig:
    """How the network learns: as the shipped one did, at a lower rate."""
    return TrainConfig(
        seed=config.seed,
        epochs=config.epochs,
        patience=0,
        dropout=0.2,
        look_up_dropout=0.2,
        sampling=SamplingConfig(batch_characters=_BATCH_CHARACTERS),
        augmentation=AugmentationConfig(typo_share=0.15, upper_share=0.03, bare_share=0.05),
        loss=LossConfig(soft_weight=config.own_opinion),
        optimiser=OptimiserConfig(learning_rate=config.learning_rate),
        network=parent.manifest.network,
        linear=LinearPartConfig(entries=0),
    )


_SHORTEST = 20


def own_opinions(network: CharCNN, encoding: CharCNNEncoding, corpus: Corpus, seed: int) -> SoftTargets:
    """The network's own logits of each text and of a beginning of it: a page asks before a text is written."""
    rng = np.random.default_rng(seed)
    lengths = corpus.lengths
    ends = np.maximum(np.minimum(lengths, _SHORTEST), (lengths * rng.uniform(0.2, 1, len(lengths))).astype(np.int64))
    beginnings = replace(
        corpus,
        symbols=np.concatenate([corpus.text_symbols(index)[:end] for index, end in enumerate(ends)]),
        ends=np.cumsum(ends),
    )
    none = np.zeros(2 * len(corpus), np.int64)
    return SoftTargets(
        np.tile(corpus.digests, 2),
        np.concatenate([predict_logits(network, encoding, each) for each in (corpus, beginnings)]),
        none,
        np.concatenate([none[: len(corpus)], ends]),
    )
