"""Every damage is refused with a sentence that says what to do."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from charcnn.artefact import ArtefactError, artefact_digest, atomic_folder, read_manifest
from charcnn.convert import convert
from charcnn.engine import load_engine
from safetensors.numpy import load_file, save_file

from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from charcnn.engine import Kind
    from charcnn.prediction import Prediction

CHARCNN_README = ROOT / "services/charcnn/README.md"


@pytest.fixture
def folder(artefact: Path, tmp_path: Path) -> Path:
    shutil.copytree(artefact, tmp_path / "model")
    return tmp_path / "model"


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
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
        (edited(lambda d: d.update(format_version=4)), "Upgrade Opine"),
        (edited(lambda d: d.update(format_version=2)), "python -m charcnn.convert"),
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


@pytest.mark.parametrize("kind", ["onnx", "torch"])
@pytest.mark.parametrize("change", [{"width": 32}, {"dilations": [1]}, {"dilations": [1, 2, 4]}, {"word_rows": 64}])
def test_weights_of_another_shape_are_refused(folder: Path, change: dict[str, Any], kind: Kind) -> None:
    edited(lambda d: d["network"].update(change))(folder)
    with pytest.raises(ArtefactError, match="does not fit its configuration"):
        load_engine(folder, kind)


def test_a_whole_artefact_is_read(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert (manifest.name, manifest.version) == ("tiny", "9.9.9")
    files = {"README.md", "model.json", "model.onnx", "model.safetensors", "linear.safetensors"}
    assert {path.name for path in folder.iterdir()} == files
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}


def test_the_digest_is_what_sha256sum_says_of_the_folder(folder: Path) -> None:
    listed = subprocess.run("LC_ALL=C sha256sum * | sha256sum", cwd=folder, shell=True, check=True, capture_output=True)  # noqa: S602  as the README has it
    engine = load_engine(folder)
    assert engine.digest == artefact_digest(folder, engine.manifest) == listed.stdout.decode().split()[0]
    assert "LC_ALL=C sha256sum * | sha256sum" in CHARCNN_README.read_text()


@pytest.mark.parametrize(
    "change",
    [edited(lambda d: d.update(version="9.9.10")), lambda folder: (folder / "README.md").write_text("# another\n")],
)
def test_a_changed_artefact_has_another_digest_and_is_refused(folder: Path, change: Callable[[Path], None]) -> None:
    digest = load_engine(folder).digest
    assert load_engine(folder, digest=digest).digest == digest
    change(folder)
    with pytest.raises(ArtefactError, match=f"not {digest}: it is another model, or was changed"):
        load_engine(folder, digest=digest)


def test_a_model_may_have_no_linear_part(folder: Path) -> None:
    edited(lambda d: d.update(linear=None))(folder)
    (folder / "linear.safetensors").unlink()
    engine = load_engine(folder)
    assert engine.predict([engine.encode("very good")], [True])[0].contributions is not None


def as_version_2(folder: Path) -> None:
    """The artefact as it was written before: other names in the linear part, a graph that nothing loaded."""
    linear = load_file(folder / "linear.safetensors")
    before = {"idf": "weights", "contributions": "addends"}
    save_file({before.get(name, name): tensor for name, tensor in linear.items()}, folder / "linear.safetensors")
    (folder / "model.onnx").write_bytes(b"never loaded")
    edited(lambda d: d.update(format_version=2, linear={"words": 3, "entries": d["linear"]["entries"]}))(folder)


def as_version_1(folder: Path) -> None:
    """The first format had no linear part."""
    (folder / "linear.safetensors").unlink()
    edited(lambda d: (d.update(format_version=1), d.pop("linear")))(folder)


@pytest.mark.parametrize("as_before", [as_version_2, as_version_1])
def test_earlier_formats_are_converted_by_the_command_that_the_refusal_names(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_before: Callable[[Path], None]
) -> None:
    texts = ["Very good shop!", "never again", ""]
    if as_before is as_version_1:
        edited(lambda d: d.update(linear=None))(folder)
    expected = predictions(folder, texts)
    as_before(folder)
    with pytest.raises(ArtefactError, match=r"python -m charcnn\.convert") as refusal:
        load_engine(folder)
    _, command, _ = str(refusal.value).split("`")
    _python, _m, module, *arguments = command.replace("NEW_FOLDER", str(tmp_path / "new")).split()
    monkeypatch.setattr(sys, "argv", [module, *arguments])
    # In this process, where the exporter is loaded already, which takes ten times as long as the conversion.
    monkeypatch.delitem(sys.modules, module)
    runpy.run_module(module, run_name="__main__")
    assert predictions(tmp_path / "new", texts) == expected
    assert (tmp_path / "new" / "README.md").read_text() == (folder / "README.md").read_text()
    with pytest.raises(ArtefactError, match="nothing to convert"):
        convert(tmp_path / "new", tmp_path / "newer")


def predictions(folder: Path, texts: list[str]) -> list[Prediction]:
    engine = load_engine(folder)
    return engine.predict([engine.encode(text) for text in texts], [False] * len(texts))


def test_a_folder_is_replaced_once_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "data"

    def cut_off() -> None:
        with atomic_folder(target) as made:
            (made / "half").touch()
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        cut_off()
    assert not target.exists()
    for name in ("old", "new"):
        with atomic_folder(target) as made:
            (made / name).touch()
            assert not (target / name).exists()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target]
