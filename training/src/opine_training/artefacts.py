"""Models as folders: the served artefact of `charcnn`, and that of the 2019 network, which is only evaluated."""

from __future__ import annotations

import logging
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from charcnn.artefact import CARD, MANIFEST, ArtefactError, Manifest, atomic_folder, read_manifest
from charcnn.devices import DeviceError
from charcnn.engine import load_engine
from charcnn.export import export
from charcnn.legacy_2019 import Legacy2019Network
from charcnn.network import CharCNN, load_network
from charcnn.prediction import (
    LABEL_OF_STAR,
    calibrated_probabilities,
    decide_labels,
    label_probabilities,
    proposed_stars,
    scores,
    softmax,
)
from charcnn.quantise import passes, quantise
from charcnn.text import EncodedText

from opine_training.calibration import fit_calibration, fit_uniform_prior
from opine_training.corpus import open_corpus
from opine_training.legacy_2019 import (
    LEGACY_2019_MANIFEST,
    Legacy2019Manifest,
    Legacy2019Model,
    read_legacy_2019,
    write_legacy_2019,
)
from opine_training.linear import best_share, linear_logits, linear_part, scaled
from opine_training.metrics import Predictions
from opine_training.networks import build_encoding, build_network, predict_logits
from opine_training.runs import CORPUS, read_config, read_progress, read_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charcnn.engine import Engine
    from numpy.typing import NDArray
    from torch import nn

    from opine_training.config import TrainConfig
    from opine_training.corpus import Corpus
    from opine_training.metrics import Model

logger = logging.getLogger(__name__)
_INT8_TEXTS = 4000  # half makes the scales, half is the gate: enough to see one label in a thousand differ


class ServedModel:
    """The model that the sentiment service runs, by the service's own engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = engine.name
        self.version = engine.version

    def predict(self, texts: Sequence[str]) -> Predictions:
        calibration = self.engine.manifest.calibration
        encoded = [self.engine.encode(text) for text in texts]
        # All at once: the engine bounds its memory, and its texts are not padded, so that their order costs nothing.
        probabilities = calibrated_probabilities(self.engine.logits(encoded), calibration)
        labels = decide_labels(probabilities, calibration)
        stars = proposed_stars(probabilities, labels)
        return Predictions(
            label_probabilities(probabilities),
            labels,
            scores(probabilities, stars),
            stars,
            calibration.uniform_prior_offsets,
            np.array([reason is not None for reason in self.engine.abstentions(encoded)], np.bool_),
        )


def engine_logits(engine: Engine, texts: Sequence[str]) -> NDArray[np.float64]:
    """Before calibration, shape (N, 5), in the order of the texts."""
    return engine.logits([engine.encode(text) for text in texts])


_ROBUSTNESS = {"typos": "with 5 % typos", "capitals": "in capitals", "no_punctuation": "without punctuation"}
_NOT_EVALUATED = "It has not been evaluated; `python -m opine_training evaluate --help` says how.\n"


def model_card(name: str, version: str, training: dict[str, Any], metrics: dict[str, Any]) -> str:
    """Markdown: what it is, what it was trained on, how well it reads, what it is not for."""
    learned, seed = f"{training['rows']:,}", training["configuration"]["seed"]
    return f"""# {name} {version}

A character-level convolutional network that proposes stars for English reviews.

Trained on {learned} reviews (fingerprint `{training["data_sha256"][:16]}`), seed {seed}, by

```
{training["command"]}
```

{_card_figures(metrics) if metrics else _NOT_EVALUATED}
## Not for

Languages other than English, irony, texts that are no reviews, and decisions about people. Average reviews are the hard
class: read the per-source table before trusting one figure.
"""


def _card_figures(metrics: dict[str, Any]) -> str:
    ours = metrics["validation"]["all"]
    sources = "\n".join(
        f"| {source} | {figures['rows']:,} | {figures['accuracy']:.3f} | {figures['macro_f1']:.3f} |"
        for source, figures in metrics["validation"]["sources"].items()
    )
    beginnings = ", ".join(f"{share}: {accuracy:.3f}" for share, accuracy in ours["beginnings"].items())
    measured = [f"{_ROBUSTNESS[name]} {each['macro_f1']:.3f}" for name, each in ours.get("robustness", {}).items()]
    robustness = f"Macro-F1 of the same reviews {', '.join(measured)}.\n" if measured else ""
    compared = [("this model", ours)]
    if "word_tfidf" in metrics:
        compared.append(("word TF-IDF with logistic regression, same rows", metrics["word_tfidf"]))
    rows = "\n".join(
        f"| {name} | {figures['rows']:,} | {figures['accuracy']:.3f} "
        f"| {_optional(figures.get('accuracy_uniform_prior'))} | {figures['macro_f1']:.3f} |"
        for name, figures in compared
    )
    return f"""## Validation rows, never learned from

| | rows | three-class accuracy | the same, uniform prior | three-class macro-F1 |
| --- | --- | --- | --- | --- |
{rows}

Stars: mean absolute error {ours["stars_mean_absolute_error"]:.3f},
quadratic kappa {ours["stars_quadratic_kappa"]:.3f}.
Expected calibration error of the three classes: {ours["calibration_error"]:.3f}.
Accuracy on the beginnings of reviews: {beginnings}.
{robustness}
| source | rows | accuracy | macro-F1 |
| --- | --- | --- | --- |
{sources}
"""


def _optional(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"


def load_model(folder: Path, threads: int = 2) -> Model:
    """The model of a folder, of either kind.

    Raises:
        ArtefactError: the folder holds none.
    """
    if (folder / LEGACY_2019_MANIFEST).exists():
        return Legacy2019Model(*read_legacy_2019(folder))
    return ServedModel(load_engine(folder, threads=threads))


def rewrite(folder: Path, target: Path, manifest: Manifest | Legacy2019Manifest) -> None:
    """Write the weights of a model of either kind under another manifest, with the card that goes with it.

    Args:
        folder: the model.
        target: where to; may be `folder`.
        manifest: what is to be said of it.
    """
    name = MANIFEST if isinstance(manifest, Manifest) else LEGACY_2019_MANIFEST
    # `target` may be `folder` itself: the copy is whole before what is there is replaced.
    with atomic_folder(target) as unfinished:
        shutil.copytree(folder, unfinished, dirs_exist_ok=True)
        (unfinished / name).write_text(manifest.model_dump_json(indent=2) + "\n")
        (unfinished / CARD).write_text(model_card(manifest.name, manifest.version, manifest.training, manifest.metrics))


def state_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Put figures that were measured into a model's manifest and card.

    Raises:
        ArtefactError: the folder holds no model.
    """
    manifest: Manifest | Legacy2019Manifest
    if (folder / LEGACY_2019_MANIFEST).exists():
        manifest, _ = read_legacy_2019(folder)
    else:
        manifest = read_manifest(folder)
    rewrite(folder, folder, manifest.model_copy(update={"metrics": metrics}))


def build_trained(config: TrainConfig, folder: Path) -> nn.Module:
    """The network of a configuration, with a finished model's weights; its linear part and calibration stay behind.

    Raises:
        ArtefactError: the folder holds no model, or one of another form.
    """
    trained: CharCNN | Legacy2019Network
    if (folder / LEGACY_2019_MANIFEST).exists():
        _, trained = read_legacy_2019(folder)
    else:
        trained = load_network(folder, read_manifest(folder).network)
    if trained.config != config.network:
        raise ArtefactError(f"{folder} has another network than this run; see --network: it is {trained.config}")
    network = build_network(config)
    network.load_state_dict(trained.state_dict())
    return network


@torch.no_grad()
def mix_in(network: nn.Module, other: nn.Module, share: float) -> None:
    """Move each weight of a network towards another's of the same form by a share of the way."""
    for weight, theirs in zip(network.parameters(), other.parameters(), strict=True):
        weight.lerp_(theirs, share)


def export_run(folder: Path, artefact: Path, version: str) -> None:
    """Calibrate the best epoch of a run on its tuning rows and write it as an artefact.

    The order matters: the linear part's share moves the logits, on which temperature and offsets are then fitted.

    Raises:
        RunError: the folder holds no run.
        CheckpointError: no epoch of it is done.
    """
    config, asked = read_config(folder)
    progress, summary = read_progress(folder), read_summary(folder)
    network, encoding = build_network(config), build_encoding(config)
    if progress.best is not None:
        network.load_state_dict(progress.best)
    if config.start_share and asked.get("weights"):
        mix_in(network, build_trained(config, Path(asked["weights"])), config.start_share)
    # Rows that no step learned from: on training rows the network is surer than it should be.
    tuning = open_corpus(folder / CORPUS / "tuning")
    stars = tuning.stars.astype(np.int64)
    logits = predict_logits(network, encoding, tuning)
    training = {
        "rows": sum(row["train"] + row["tuning"] for row in summary["rows"].values()),
        "data_sha256": summary["fingerprint"],
        "epochs": progress.best_epoch + 1,
        "configuration": asdict(config),
        "selection": asked["selection"],
        "command": asked["command"],
    }
    metrics: dict[str, Any] = {}  # nothing is measured yet
    name = asked["name"]
    card = model_card(name, version, training, metrics)
    if isinstance(network, CharCNN):
        linear = linear_part(folder, config)
        if linear is not None:
            added = linear_logits(linear, tuning)
            share = best_share(logits, added, stars)
            logger.info("linear part: %.2f of its logits are added to the network's", share)
            linear, logits = scaled(linear, share), logits + np.float32(share) * added
        calibration = fit_calibration(logits, stars, tuning.sources)
        export(
            network,
            linear,
            artefact,
            name=name,
            version=version,
            calibration=calibration,
            training=training,
            metrics=metrics,
            card=card,
        )
        add_int8(artefact, tuning)
    elif isinstance(network, Legacy2019Network):
        offsets = fit_uniform_prior(softmax(logits.astype(np.float64)), LABEL_OF_STAR[stars])
        manifest = Legacy2019Manifest(
            name=name,
            version=version,
            network=network.config,
            uniform_prior_offsets=offsets,
            training=training,
            metrics=metrics,
        )
        write_legacy_2019(artefact, network, manifest, card)


def add_int8(artefact: Path, tuning: Corpus) -> None:
    """Where this machine can, and where int8 is near enough; an artefact is whole without it."""
    # Evenly over the corpus, which is sorted by source.
    indices = np.linspace(0, len(tuning) - 1, min(len(tuning), _INT8_TEXTS)).astype(int).tolist()
    symbols = [tuning.text_symbols(index) for index in indices]
    try:
        figures = quantise(artefact, [EncodedText(each, None, len(each)) for each in symbols])
    except DeviceError as error:
        logger.info("no int8 graph: %s", error)
        return
    logger.info(
        "int8 graph %s: a probability differs by up to %.4f, %.1f %% of the labels are the same",
        "added" if passes(figures) else "left out",
        figures.max_probability_difference,
        100 * figures.same_labels,
    )
