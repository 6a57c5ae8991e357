import re
from pathlib import Path

import pytest
from opine_local.settings import CommandError, Secrets, load_or_create_secrets, new_password


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = load_or_create_secrets(path)
    assert load_or_create_secrets(path) == made
    assert len(set(made.model_dump().values())) == len(Secrets.model_fields)


def test_a_file_of_before_is_completed_once_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    made = load_or_create_secrets(path)
    path.write_text(made.model_dump_json(exclude={"scraping_password", "analysis_password"}))
    completed = load_or_create_secrets(path)
    assert load_or_create_secrets(path) == completed
    assert completed.database_password == made.database_password
    assert path.stat().st_mode & 0o777 == 0o600


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    load_or_create_secrets(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_half_a_file_of_a_run_cut_off_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "secrets.json.partial").write_text("{")
    load_or_create_secrets(tmp_path / "secrets.json")
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"admin_token": "short"}', '{"unknown": "name"}'])
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(content)
    with pytest.raises(CommandError, match=r"secrets\.json is damaged: put the file back, or remove"):
        load_or_create_secrets(path)
    assert path.read_text() == content


def test_passwords_differ_and_can_be_typed() -> None:
    passwords = {new_password() for _ in range(50)}
    assert len(passwords) == 50
    assert all(re.fullmatch("[a-km-np-z2-9]{4}(-[a-km-np-z2-9]{4}){2}", password) for password in passwords)
