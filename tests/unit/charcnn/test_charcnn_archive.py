"""An artefact as one file: the same bytes every time, and nothing else is unpacked."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest
from charcnn.archive import pack, unpack
from charcnn.artefact import ArtefactError
from charcnn.engine import load_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST = 10_000_000


def test_what_is_packed_is_unpacked_to_the_bit(artefact: Path, tmp_path: Path) -> None:
    digest = load_engine(artefact).digest
    manifest = unpack(io.BytesIO(pack(artefact, digest)), tmp_path / "model", max_bytes=MOST, digest=digest)
    assert (manifest.name, manifest.version) == ("tiny", "9.9.9")
    for file in artefact.iterdir():
        assert (tmp_path / "model" / file.name).read_bytes() == file.read_bytes()
    assert pack(tmp_path / "model") == pack(artefact)


def test_the_command_packs_the_same(artefact: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "charcnn.archive", str(artefact), str(tmp_path / "model.tar")]
    subprocess.run(command, check=True)
    assert (tmp_path / "model.tar").read_bytes() == pack(artefact)


def repacked(artefact: Path, change: Callable[[tarfile.TarFile], None], *, whole: bool = True) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        change(archive)
        if whole:
            for file in sorted(artefact.iterdir()):
                archive.add(file, file.name)
    return packed.getvalue()


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE) -> Callable[[tarfile.TarFile], None]:
    def add(archive: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.type, info.linkname = len(content), kind, "/etc/passwd"
        archive.addfile(info, io.BytesIO(content))

    return add


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (member("../model.json"), "'../model.json', which is no file of an artefact"),
        (member("/etc/model.json"), "which is no file of an artefact"),
        (member("code.pkl", b"x"), "'code.pkl', which is no file of an artefact"),
        (member("linear.safetensors", kind=tarfile.SYMTYPE), "which is no file of an artefact"),
        (member("model.json", b"{}"), "'model.json', which is no file of an artefact"),  # and a second time
        (member("model.int8.onnx", b"\0" * (MOST + 1)), "more than the 10000000 bytes"),
        (lambda _: None, "packed in another way"),
    ],
)
def test_another_archive_is_refused(
    artefact: Path, tmp_path: Path, change: Callable[[tarfile.TarFile], None], sentence: str
) -> None:
    with pytest.raises(ArtefactError, match=sentence):
        unpack(io.BytesIO(repacked(artefact, change)), tmp_path / "model", max_bytes=MOST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("packed", [b"", b"no archive at all" * 100])
def test_what_is_no_archive_is_refused(tmp_path: Path, packed: bytes) -> None:
    with pytest.raises(ArtefactError):
        unpack(io.BytesIO(packed), tmp_path / "model", max_bytes=MOST)
    assert list(tmp_path.iterdir()) == []


def test_a_cut_or_changed_archive_is_refused(artefact: Path, tmp_path: Path) -> None:
    packed = pack(artefact)
    for damaged in (packed[: len(packed) // 2], packed[:-1024], packed + b"\0" * 512):
        with pytest.raises(ArtefactError):
            unpack(io.BytesIO(damaged), tmp_path / "model", max_bytes=MOST)
    with pytest.raises(ArtefactError, match="another model, or was changed"):
        unpack(io.BytesIO(packed), tmp_path / "model", max_bytes=MOST, digest="0" * 64)
