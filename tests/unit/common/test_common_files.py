from pathlib import Path

import pytest
from opine_common.files import write_atomically


def test_a_file_is_written_with_its_mode_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text("old")
    (tmp_path / "secrets.json.partial").write_text("of a run cut off")
    write_atomically(path, "new", mode=0o600)
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud83d")
    assert path.read_text() == "old"
