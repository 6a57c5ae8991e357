import os
import pwd
from pathlib import Path

import pytest
from opine_local.postgres import postgres_account
from opine_local.settings import CommandError

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


def acting_as(monkeypatch: pytest.MonkeyPatch, uid: int) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)


def test_a_plain_user_runs_it_as_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acting_as(monkeypatch, NOBODY.pw_uid)
    account = postgres_account(home, home.parent)
    assert (account.name, account.prefix) == ("nobody", ())


def test_a_plain_user_may_not_take_anothers_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    other = NOBODY.pw_uid if home.stat().st_uid != NOBODY.pw_uid else 0
    acting_as(monkeypatch, pwd.getpwuid(other).pw_uid or 1)
    with pytest.raises(CommandError, match=r"belongs to \w+, not to \w+: start Opine as before, or remove"):
        postgres_account(home, home.parent)


def test_without_setpriv_root_is_sent_to_a_plain_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acting_as(monkeypatch, 0)
    monkeypatch.setenv("PATH", str(home.parent))
    with pytest.raises(CommandError, match="no setpriv here: start Opine as a plain user"):
        postgres_account(home, home.parent)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend an account")
class TestUnderRoot:
    def test_nobody_makes_a_new_folder(self, home: Path) -> None:
        assert postgres_account(home, home.parent).uid == NOBODY.pw_uid

    def test_the_owner_of_a_folder_goes_on_with_it(self, home: Path) -> None:
        home.mkdir()
        os.chown(home, 1, 1)
        account = postgres_account(home, home.parent)
        assert account.uid == 1
        assert "--reuid=1" in account.prefix

    def test_a_closed_parent_is_passed_without_a_change_to_it(self, home: Path) -> None:
        home.parent.chmod(0o700)
        assert "--ambient-caps=+dac_override" in postgres_account(home, home.parent).prefix
        assert home.parent.stat().st_mode & 0o777 == 0o700

    def test_an_open_parent_needs_no_capability(self, home: Path) -> None:
        assert "--ambient-caps=+dac_override" not in postgres_account(Path("/tmp/new"), Path("/tmp")).prefix  # noqa: S108
        assert not home.exists()
