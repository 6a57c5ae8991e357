"""`opine_training dataset` on a real database: what it writes, what it leaves out, and what it writes again."""

from __future__ import annotations

import datetime as dt
import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from opine_training.commands.dataset import QUARANTINE, DatabaseError, main
from pyarrow import parquet
from sqlalchemy import make_url, text

from tests.service.reviews.test_reviews_roles import ANALYST, PASSWORD, _grant, roles  # noqa: F401  a fixture
from tests.support import ROOT
from tests.support.reviews.rows import add_reviews, add_scraped_reviews

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.support.postgres import Postgres

README = ROOT / "training/README.md"
START = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)


def review(hours: float, words: str, client: bytes | None = None, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    client_hash = client and client.ljust(32, b"-")
    return {"created_at": START + dt.timedelta(hours=hours), "text": words, "client_hash": client_hash, **changed}


@pytest.fixture
def url(engine: Engine, postgres: Postgres, roles: None) -> str:  # noqa: ARG001, F811
    _grant(engine)
    return make_url(postgres.url).set(username=ANALYST, password=PASSWORD).render_as_string(hide_password=False)


def export(url: str, out: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    main(["--database-url", url, "--out", str(out), *options])
    manifest: dict[str, Any] = json.loads(capsys.readouterr().out)
    return manifest


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [row for file in sorted(out.glob("*.parquet")) for row in parquet.read_table(file).to_pylist()]


def test_reviews_of_both_kinds_are_written_by_month_without_who_wrote_them(
    engine: Engine, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_reviews(engine, [review(800 * number, f"Review number {number}", b"secret") for number in range(4)])
    add_scraped_reviews(engine, [{"text": "Read elsewhere", "reviewed_at": START + dt.timedelta(hours=1)}])
    manifest = export(url, tmp_path, capsys, "--held-out", "0.4")
    assert [row["text"] for row in rows_of(tmp_path)] == [
        "Review number 0", "Read elsewhere", "Review number 1", "Review number 2", "Review number 3",
    ]  # fmt: skip
    assert [row["split"] for row in rows_of(tmp_path)] == ["train", "train", "train", "val", "val"]
    assert (manifest["rows"], manifest["splits"]) == (5, {"train": 3, "val": 2})
    assert (manifest["since"], manifest["until"]) == ("2026-09-01", "2026-12-10")
    assert manifest["sources"] == {"opine": 4, "trustpilot": 1}
    assert set(manifest["months"]) == {"2026-09", "2026-10", "2026-11", "2026-12"}
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"secret" not in written
    assert set(rows_of(tmp_path)[0]) == {
        "text", "rating", "split", "source", "brand", "written_on", "suggested_stars", "model_digest",
    }  # fmt: skip


def test_the_documented_command_works(
    engine: Engine, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_reviews(engine, [review(number, f"Review number {number}") for number in range(3)])
    (line,) = re.findall(r"^python -m opine_training dataset (.*)$", README.read_text(), re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    documented = "postgresql://opine_analysis@/opine"
    assert documented in line
    main(shlex.split(line.replace(documented, shlex.quote(url))))
    assert len(rows_of(tmp_path / "datasets/opine")) == 3


def test_again_only_what_has_changed_is_written_and_what_was_hidden_leaves(
    engine: Engine, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = add_reviews(engine, [review(800 * number, f"Review number {number}") for number in range(4)])
    first = export(url, tmp_path, capsys, "--held-out", "0")
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("*.parquet")}
    assert export(url, tmp_path, capsys, "--held-out", "0") == first
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("*.parquet")} == before
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM review WHERE id = :id"), {"id": ids[0]})
    add_reviews(engine, [review(801, "Another one")])
    second = export(url, tmp_path, capsys, "--held-out", "0")
    assert second["fingerprint"] != first["fingerprint"]
    assert [row["text"] for row in rows_of(tmp_path)] == [
        "Review number 1", "Another one", "Review number 2", "Review number 3",
    ]  # fmt: skip
    after = {file.name: file.stat().st_mtime_ns for file in tmp_path.glob("*.parquet")}
    assert {name for name in after if after[name] == before[name]} == {
        "reviews-2026-11.parquet", "reviews-2026-12.parquet",
    }  # fmt: skip


def test_who_writes_the_same_all_at_once_is_set_aside_and_shown(
    engine: Engine, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    honest = [review(number, f"Honest words about parcel {number}", b"h%d" % number) for number in range(20)]
    attack = [review(3 + number / 60, f"Nike is bad {number}", b"attacker", stars=1) for number in range(8)]
    crowd = [review(9 + number / 60, "Best ever!", b"c%d" % number, stars=5) for number in range(6)]
    add_reviews(engine, [*honest, *attack, *crowd])
    manifest = export(url, tmp_path, capsys)
    assert {row["text"] for row in rows_of(tmp_path)} == {one["text"] for one in honest}
    assert [(shown["reason"], shown["rows"]) for shown in manifest["quarantined"]] == [
        ("one client in a burst", 8),
        ("one text in a burst", 6),
    ]
    shown = [json.loads(line) for line in (tmp_path / QUARANTINE).read_text().splitlines()]
    assert len(shown) == 14
    assert set(shown[0]) == {"source", "id", "brand", "day", "stars", "reason"}


def test_a_database_that_cannot_be_read_is_told_in_a_sentence(url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be read"):
        main(["--database-url", url.replace(ANALYST, "nobody"), "--out", str(tmp_path)])
