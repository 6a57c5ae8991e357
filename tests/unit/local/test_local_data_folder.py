import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from opine_local import data_folder
from opine_local.settings import CommandError


def test_the_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    data_folder.prepare(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "local"
    path.touch()
    with pytest.raises(CommandError, match=re.escape(f"cannot write to {path} (file exists): make it writable")):
        data_folder.prepare(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_closed_to_this_account_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CommandError, match="permission denied"):
        data_folder.prepare(tmp_path)


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=199 * 2**20))
    with pytest.raises(CommandError, match=r"Only 199 MB are free .* free some space"):
        data_folder.prepare(tmp_path)


def test_an_unused_folder_has_no_holder(tmp_path: Path) -> None:
    assert data_folder.page_url_of_run(tmp_path / "none") is None


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    hold = "import sys; from pathlib import Path; from opine_local.data_folder import lock_folder\n"
    hold += "with lock_folder(Path(sys.argv[1]), 'http://page'): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with (
            pytest.raises(
                CommandError, match=rf"already runs on .* \(process {first.pid}, http://page\): stop that run"
            ),
            data_folder.lock_folder(tmp_path, "http://other"),
        ):
            pass
        assert data_folder.page_url_of_run(tmp_path) == "http://page"
        first.kill()
    assert data_folder.page_url_of_run(tmp_path) is None
    with data_folder.lock_folder(tmp_path, "http://other"):
        assert (tmp_path / "run.lock").read_text() == f"process {os.getpid()}, http://other"
