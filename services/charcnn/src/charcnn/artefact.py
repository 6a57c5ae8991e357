"""A trained model as a folder: `model.json`, `model.safetensors`, `model.onnx`, `linear.safetensors` and a card.

The network's weights stand once, in the safetensors file; the ONNX graphs point into it and are what ONNX Runtime
loads. A model may have no linear part and no int8 graph; one that was judged beside another has a report. Nothing
here is pickled.

Its digest is the SHA-256 of a list of its files, a line `<SHA-256>  <name>` each, sorted by name: what
`LC_ALL=C sha256sum * | sha256sum` prints in the folder.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from charcnn.config import Calibration, LinearConfig, NetworkConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FORMAT: Final = "opine-charcnn"
# 1: the network alone. 2: a linear part beside it. 3: the ONNX graph, made at export and no more at each start.
FORMAT_VERSION: Final = 3
MANIFEST: Final = "model.json"
WEIGHTS: Final = "model.safetensors"
GRAPH: Final = "model.onnx"
INT8_GRAPH: Final = "model.int8.onnx"
LINEAR: Final = "linear.safetensors"
CARD: Final = "README.md"
REPORT: Final = "report.html"


class ArtefactError(Exception):
    """The folder is no usable model; the message says what to do."""


class FileEntry(BaseModel):
    """Size and SHA-256 of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    sha256: str


class Int8Figures(BaseModel):
    """How far int8 is from single precision, on texts that its scales were not made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: int
    max_probability_difference: float
    same_labels: float
    """Share of the texts."""


class Manifest(BaseModel):
    """`model.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["opine-charcnn"] = FORMAT
    format_version: Literal[3] = FORMAT_VERSION
    name: str
    version: str
    network: NetworkConfig
    linear: LinearConfig | None = None
    int8: Int8Figures | None = None
    """None where there is no int8 graph."""
    calibration: Calibration
    files: dict[str, FileEntry]
    training: dict[str, Any]
    metrics: dict[str, Any]

    @property
    def file_names(self) -> list[str]:
        """The files that it describes; not itself, and not card and report, which an artefact may lack."""
        return [WEIGHTS, GRAPH, *([LINEAR] if self.linear else []), *([INT8_GRAPH] if self.int8 else [])]


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which then takes the place of what was there. A kill or an error before changes nothing."""
    # Beside it, since only within one file system a rename is one step.
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    yield unfinished
    # A rename does not replace a folder that holds files, so for a moment there is none.
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def describe(folder: Path, names: Sequence[str]) -> dict[str, FileEntry]:
    """Size in bytes and SHA-256 of files, for a manifest.

    Raises:
        OSError: one of them cannot be read.
    """
    contents = {name: (folder / name).read_bytes() for name in names}
    return {
        name: FileEntry(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    }


def read_manifest(folder: Path, digest: str | None = None) -> Manifest:
    """Read and check an artefact: every file is there, whole and the one the manifest was made with.

    Args:
        folder: the artefact.
        digest: the artefact must have this one, unless it is None.

    Raises:
        ArtefactError: it is not.
    """
    try:
        document = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise ArtefactError(
            f"{folder} holds no model: {MANIFEST} cannot be read ({error.strerror}). "
            "Point the model folder setting at an artefact, or make one with `make train`."
        ) from error
    manifest = _parse(folder, document)
    for name in manifest.file_names:
        _check(folder / name, manifest.files.get(name))
    if digest is not None and (found := artefact_digest(folder, manifest)) != digest:
        raise ArtefactError(
            f"{folder} has the digest {found}, not {digest}: it is another model, or was changed. "
            "Fetch the artefact again, or correct the digest."
        )
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `model.json`; the files that it describes must be there."""
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")


def artefact_digest(folder: Path, manifest: Manifest) -> str:
    """What addresses the artefact, 64 hexadecimal digits. The manifest must be that of the folder, checked."""
    # The weights were hashed when the manifest was checked against them: 8 MB need not be read again.
    hashes = {name: manifest.files[name].sha256 for name in manifest.file_names}
    for name in (MANIFEST, CARD, REPORT):
        if (folder / name).exists():
            hashes[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    listing = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))
    return hashlib.sha256(listing.encode()).hexdigest()


def _parse(folder: Path, document: bytes) -> Manifest:
    file = folder / MANIFEST
    # Name and version first: a manifest of another version has other fields, and would be called damaged for them.
    try:
        head = _Head.model_validate_json(document)
    except ValidationError as error:
        raise ArtefactError(
            f"{file} is damaged or not an Opine model ({_first(error)}). Fetch the artefact again."
        ) from error
    if head.format != FORMAT:
        raise ArtefactError(
            f"{file} has the format {head.format!r}; this program reads {FORMAT!r}. Use an Opine artefact."
        )
    if head.format_version > FORMAT_VERSION:
        raise ArtefactError(
            f"{file} has format version {head.format_version}; this program reads {FORMAT_VERSION}. "
            "Upgrade Opine, or export the model again with this version."
        )
    if head.format_version < FORMAT_VERSION:
        raise ArtefactError(
            f"{file} has the old format version {head.format_version}; this program reads {FORMAT_VERSION}. "
            f"Convert it where training is installed: `python -m charcnn.convert {folder} NEW_FOLDER`."
        )
    try:
        return Manifest.model_validate_json(document)
    except ValidationError as error:
        raise ArtefactError(f"{file} is not valid ({_first(error)}). Export the model again.") from error


class _Head(BaseModel):
    """What every version of the format has, so that a file of another version is named and not just refused."""

    format: str
    format_version: int


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]


def _check(file: Path, entry: FileEntry | None) -> None:
    again = "Fetch the artefact again, or export it again."
    if entry is None:
        raise ArtefactError(f"{file.with_name(MANIFEST)} does not list {file.name}. {again}")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{file} cannot be read ({error.strerror}). {again}") from error
    if len(content) != entry.bytes:
        raise ArtefactError(
            f"{file} has {len(content)} bytes, its manifest says {entry.bytes}: it was cut short or replaced. {again}"
        )
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise ArtefactError(f"{file} is not the file its manifest was made with (SHA-256 differs). {again}")
