"""The settings class and what the README says of it."""

import re
from pathlib import Path

import pytest
from opine_sentiment.settings import Settings, shipped_model_dir
from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from tests.support import ROOT

README = ROOT / "services/sentiment/README.md"
ROW = re.compile(r"^\| `(O[A-Z_]{9,})` \| (.*?) \| (.*?) \|$", re.MULTILINE)


def test_the_readme_lists_every_setting_with_its_default() -> None:
    documented = {name: (default.strip("`"), meaning) for name, default, meaning in ROW.findall(README.read_text())}
    actual = {
        str(field.validation_alias or f"OPINE_SENTIMENT_{name.upper()}"): (
            "" if field.default is PydanticUndefined else str(field.default),
            field.description,
        )
        for name, field in Settings.model_fields.items()
    }
    assert documented == actual


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_SENTIMENT_MAX_TEXTS", "7")
    assert Settings().max_texts == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENGINE", "tensorflow"),
        ("THREADS", "-1"),
        ("MAX_TEXTS", "0"),
        ("MAX_BATCH_ROWS", "many"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"OPINE_SENTIMENT_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_the_queue_must_hold_the_largest_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_SENTIMENT_MAX_TEXTS", "3000")
    with pytest.raises(ValidationError, match=r"MAX_QUEUE_ROWS \(2000\) must be at least MAX_TEXTS \(3000\)"):
        Settings()


def test_a_gpu_needs_its_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_SENTIMENT_DEVICE", "cuda")
    with pytest.raises(ValidationError, match="DEVICE cuda needs ENGINE torch"):
        Settings()
    monkeypatch.setenv("OPINE_SENTIMENT_ENGINE", "torch")
    assert Settings().device == "cuda"


def test_a_pinned_version_follows_no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_SENTIMENT_MODEL_SOURCE", "image")
    assert Settings().model_source == "image"
    monkeypatch.setenv("OPINE_SENTIMENT_REGISTRY_URL", "http://127.0.0.1:5000")
    with pytest.raises(ValidationError, match="MODEL_SOURCE image pins a version"):
        Settings()


def test_eight_bits_are_for_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_SENTIMENT_PRECISION", "int8")
    assert Settings().precision == "int8"
    monkeypatch.setenv("OPINE_SENTIMENT_ENGINE", "torch")
    with pytest.raises(ValidationError, match="PRECISION int8 needs ENGINE onnx"):
        Settings()


def test_the_usual_timeout_is_an_allowed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPINE_SENTIMENT_MAX_TIMEOUT_S", "5")
    with pytest.raises(ValidationError, match=r"TIMEOUT_S \(10\) must be at most MAX_TIMEOUT_S \(5\)"):
        Settings()


@pytest.mark.parametrize("place", ["src/model", "model"])
def test_the_shipped_model_is_found_in_bento_and_checkout(tmp_path: Path, place: str) -> None:
    package = tmp_path / "src/package"
    package.mkdir(parents=True)
    (tmp_path / place).mkdir(parents=True)
    assert shipped_model_dir(package) == tmp_path / place
