from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opine_training.runs import atomic_write

if TYPE_CHECKING:
    from pathlib import Path


def interrupted_write(file: Path) -> None:
    with atomic_write(file) as handle:
        handle.write(b"half of")
        raise KeyboardInterrupt


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    with pytest.raises(KeyboardInterrupt):
        interrupted_write(file)
    assert not file.exists()
    with atomic_write(file) as handle:
        handle.write(b"old")
        assert not file.exists()
    with pytest.raises(KeyboardInterrupt):
        interrupted_write(file)
    assert file.read_bytes() == b"old"
    with atomic_write(file) as handle:
        handle.write(b"new")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]
