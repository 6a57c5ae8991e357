"""An artefact as one file, to send and to store: an uncompressed tar whose bytes follow from the artefact's digest.

Half-precision weights compress by a twelfth, and what a compressor writes depends on its version: not worth it.
It holds the artefact's files sorted by name, with mode 0644 and without owners and times. Nothing else is unpacked: a
member is taken by its name, so that no path of an archive's leads anywhere.

Usage: python -m charcnn.archive FOLDER FILE
"""

from __future__ import annotations

import argparse
import io
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from charcnn.artefact import CARD, GRAPH, INT8_GRAPH, LINEAR, MANIFEST, REPORT, WEIGHTS, ArtefactError, read_manifest

if TYPE_CHECKING:
    from charcnn.artefact import Manifest

MEDIA_TYPE: Final = "application/x-tar"
_NAMES = frozenset({MANIFEST, WEIGHTS, GRAPH, INT8_GRAPH, LINEAR, CARD, REPORT})
_AGAIN = "Pack the artefact again with `python -m charcnn.archive`, or fetch it again."


def pack(folder: Path, digest: str | None = None) -> bytes:
    """The artefact of a folder.

    Raises:
        ArtefactError: the folder is no usable model, or has another digest than the given one.
    """
    manifest = read_manifest(folder, digest)
    names = [MANIFEST, *manifest.file_names, *(name for name in (CARD, REPORT) if (folder / name).exists())]
    packed = io.BytesIO()
    # The oldest format: the others may add headers with times or encodings. A fresh TarInfo has no owner and time 0.
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(names):
            content = (folder / name).read_bytes()
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def unpack(packed: BinaryIO, folder: Path, *, max_bytes: int, digest: str | None = None) -> Manifest:
    """Make the folder, which must not be there, and check what it holds; a refused one is removed again.

    Args:
        packed: what `pack` made.
        folder: where to.
        max_bytes: how much all files together may hold.
        digest: the artefact must have this one, unless it is None.

    Raises:
        ArtefactError: this is no artefact, or not the one that it should be.
    """
    folder.mkdir()
    try:
        _write_members(packed, folder, max_bytes)
        manifest = read_manifest(folder, digest)
        _require_canonical(packed, pack(folder))
    except BaseException:
        shutil.rmtree(folder)
        raise
    return manifest


def _write_members(packed: BinaryIO, folder: Path, max_bytes: int) -> None:
    left = max_bytes
    try:
        # "r:" reads no compressed archive: a few kilobytes could unfold to any size before a header is seen.
        with tarfile.open(fileobj=packed, mode="r:") as archive:
            for member in archive:
                # The name is one of a fixed few, a link is no regular file, and nothing is written twice: so no member
                # reaches out of the folder, and no later one replaces what was counted.
                target = folder / member.name if member.name in _NAMES else None
                if target is None or not member.isreg() or target.exists():
                    raise ArtefactError(f"The archive holds {member.name!r}, which is no file of an artefact. {_AGAIN}")
                left -= member.size
                if left < 0:
                    raise ArtefactError(f"The archive holds more than the {max_bytes} bytes that are allowed.")
                content = archive.extractfile(member)
                assert content is not None  # noqa: S101  it is a regular file
                target.write_bytes(content.read())
    except tarfile.TarError as error:
        raise ArtefactError(f"This is no archive of an artefact, or it was cut short ({error}). {_AGAIN}") from error


def _require_canonical(packed: BinaryIO, expected: bytes) -> None:
    """One artefact, one archive: what is stored by its digest is the same wherever it came from."""
    packed.seek(0)
    if packed.read(len(expected) + 1) != expected:
        raise ArtefactError(f"The archive's files are an artefact, but it was packed in another way. {_AGAIN}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m charcnn.archive", description="Pack an artefact as one file.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("file", type=Path, help="the archive to write")
    arguments = parser.parse_args()
    arguments.file.write_bytes(pack(arguments.folder))
