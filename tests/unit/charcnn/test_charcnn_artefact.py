"""Every damage is refused with a sentence that says what to do."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from charcnn.artefact import ArtefactError, read_manifest
from charcnn.engine import load_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def folder(artefact: Path, tmp_path: Path) -> Path:
    shutil.copytree(artefact, tmp_path / "model")
    return tmp_path / "model"


def edited(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        document = json.loads((folder / "model.json").read_text())
        change(document)
        (folder / "model.json").write_text(json.dumps(document))

    return apply


def cut(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-10])  # type: ignore[return-value]


def flipped(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: (folder / "model.json").unlink(), "holds no model"),
        (cut("model.json"), "damaged or not an Opine model"),
        (lambda folder: (folder / "model.json").write_text('{"a": 1}'), "damaged or not an Opine model"),
        (edited(lambda d: d.update(format="gguf")), "has the format 'gguf'"),
        (edited(lambda d: d.update(format_version=3)), "Upgrade Opine"),
        (edited(lambda d: d["network"].update(kernel=9)), "network"),
        (edited(lambda d: d["network"].update(word_rows=100)), "powers of two"),
        (edited(lambda d: d["files"].pop("model.onnx")), "does not list model.onnx"),
        (lambda folder: (folder / "model.safetensors").unlink(), "cannot be read"),
        (cut("model.safetensors"), "cut short or replaced"),
        (cut("model.onnx"), "cut short or replaced"),
        (cut("linear.safetensors"), "cut short or replaced"),
        (edited(lambda d: d["files"].pop("linear.safetensors")), "does not list linear.safetensors"),
        (edited(lambda d: d["linear"].update(entries=9)), "does not fit its configuration"),
        (flipped, "SHA-256 differs"),
    ],
)
def test_damage_is_named(folder: Path, damage: Callable[[Path], None], sentence: str) -> None:
    damage(folder)
    with pytest.raises(ArtefactError, match=sentence):
        load_engine(folder)


@pytest.mark.parametrize("change", [{"width": 32}, {"dilations": [1]}, {"dilations": [1, 2, 4]}, {"word_rows": 64}])
def test_weights_of_another_shape_are_refused(folder: Path, change: dict[str, Any]) -> None:
    edited(lambda d: d["network"].update(change))(folder)
    with pytest.raises(ArtefactError, match="does not fit its configuration"):
        load_engine(folder)


def test_a_whole_artefact_is_read(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.version) == ("tiny", "9.9.9")
    files = {"README.md", "model.json", "model.onnx", "model.safetensors", "linear.safetensors"}
    assert {path.name for path in folder.iterdir()} == files
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}


def test_the_first_format_had_no_linear_part(folder: Path) -> None:
    edited(lambda d: d.update(format_version=1, linear=None))(folder)
    (folder / "linear.safetensors").unlink()
    engine = load_engine(folder)
    assert engine.predict([engine.encode("very good")], [True])[0].contributions is not None
