from pathlib import Path

import pytest
from opine_common.settings import SettingsError, read_settings, read_settings_or_exit
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_")

    threads: int = Field(default=2, ge=1)
    key: SecretStr = Field(default=SecretStr("long enough"), min_length=8)
    folder: Path = Field(default=Path(), validation_alias="SHARED_FOLDER")

    @model_validator(mode="after")
    def _threads_have_a_folder(self) -> "Settings":
        if self.threads > 8 and self.folder == Path():
            raise ValueError("PROBE_THREADS above 8 needs SHARED_FOLDER")
        return self


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_THREADS", "4")
    monkeypatch.setenv("SHARED_FOLDER", "/somewhere")
    settings = read_settings(Settings)
    assert (settings.threads, settings.folder) == (4, Path("/somewhere"))


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PROBE_THREADS": "0"}, "PROBE_THREADS: Input should be greater"),
        ({"PROBE_THREADS": "9"}, "PROBE_THREADS above 8 needs SHARED_FOLDER"),
        ({"PROBE_THREADS": "none", "PROBE_KEY": "s3cure"}, "PROBE_KEY: "),
    ],
)
def test_a_wrong_one_is_named_and_not_repeated(
    variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_settings(Settings)
    assert said in str(refused.value)
    assert str(refused.value).count("PROBE_") >= len(variables) + 1
    assert "s3cure" not in str(refused.value)
    assert refused.value.__context__ is None


def test_a_misspelt_one_is_refused_and_the_right_name_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_THREDS", "4")
    with pytest.raises(SettingsError, match="PROBE_THREDS: there is no such setting; PROBE_THREADS is one"):
        read_settings(Settings)


def test_what_resembles_no_setting_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # Kubernetes gives a pod such variables for a Service with the name `probe`.
    monkeypatch.setenv("PROBE_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("PROBE_SERVICE_HOST", "10.0.0.1")
    assert read_settings(Settings).threads == 2


def test_a_wrong_one_ends_the_process_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_THREADS", "many")
    with pytest.raises(SystemExit, match=r"^probe: the PROBE_ settings are wrong\. PROBE_THREADS: Input should be"):
        read_settings_or_exit(Settings, "probe")
