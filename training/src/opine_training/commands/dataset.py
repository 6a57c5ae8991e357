"""Write labelled reviews of a database as Parquet, with a manifest."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import sys
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003  tyro asks for the type
from typing import TYPE_CHECKING, Annotated, Any

import psycopg2
import pyarrow as pa
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from pyarrow import parquet

from opine_training import InputError
from opine_training.config import flat, parse, require_shares
from opine_training.curation import Curation, Entry, Guards, curate
from opine_training.labels import MANIFEST
from opine_training.reviews import text_digest
from opine_training.splits import signature

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as Connection  # noqa: N812  a class

logger = logging.getLogger(__name__)

QUARANTINE = "quarantine.jsonl"
_FORMAT = 1
_ROWS_AT_ONCE = 2000
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("rating", pa.int8()),
        ("split", pa.string()),
        ("source", pa.string()),
        ("brand", pa.string()),
        ("written_on", pa.date32()),
        ("suggested_stars", pa.int8()),
        ("model_digest", pa.string()),
    ]
)
_SELECT = """
    SELECT source, id, brand_slug AS brand, text, stars AS rating, suggested_stars, model_digest, client,
           written_at AT TIME ZONE 'UTC' AS written_at
    FROM labelled_review WHERE written_at >= %(since)s AND written_at < %(until)s AND text <> ''
    ORDER BY labelled_review.written_at, source, id
"""
_COLUMNS = ("source", "id", "brand", "text", "rating", "suggested_stars", "model_digest", "client", "written_at")


class DatabaseError(InputError):
    """The database cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Which reviews a dataset has, by month."""

    months: dict[str, list[Entry]]
    held_out_from: datetime | None
    curation: Curation

    def split(self, entry: Entry) -> str:
        return "val" if self.held_out_from is not None and entry.written_at >= self.held_out_from else "train"

    def fingerprint(self, month: str) -> str:
        """Of all that is written of a month."""
        lines = [entry.fingerprint + self.split(entry).encode() for entry in self.months[month]]
        return hashlib.sha256(b"".join(lines)).hexdigest()


def choose(entries: Sequence[Entry], guards: Guards, held_out: float) -> Dataset:
    """Judge all reviews by the guards; the newest share of those that are kept is held out."""
    curation = curate(entries, guards)
    kept = curation.kept
    months: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in kept:
        months[f"{entry.written_at:%Y-%m}"].append(entry)
    held_out_rows = round(held_out * len(kept))
    return Dataset(dict(months), kept[-held_out_rows].written_at if held_out_rows else None, curation)


def write(dataset: Dataset, rows: Reviews, out: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Write the months that have changed, the manifest last, and remove months without reviews; the manifest."""
    out.mkdir(parents=True, exist_ok=True)
    before = _months_of(out / MANIFEST)
    months = {month: {"rows": len(kept), "fingerprint": dataset.fingerprint(month)}
              for month, kept in dataset.months.items()}  # fmt: skip
    for month, described in months.items():
        file = _file_of(out, month)
        if before.get(month) != described or not file.exists():
            _write_month(dataset, rows, month, file)
    manifest = _manifest(dataset, months, settings)
    lines = [json.dumps(_shown(entry) | {"reason": reason}) + "\n" for entry, reason in dataset.curation.quarantined]
    _replace(out / QUARANTINE, "".join(lines))
    _replace(out / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    # What was hidden or deleted meanwhile must not stay here.
    for file in out.glob("reviews-*.parquet"):
        if file.stem.removeprefix("reviews-") not in months:
            file.unlink()
    return manifest


def _months_of(manifest: Path) -> dict[str, Any]:
    try:
        read = json.loads(manifest.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    months: dict[str, Any] = read.get("months", {}) if read.get("format") == _FORMAT else {}
    return months


def _file_of(out: Path, month: str) -> Path:
    return out / f"reviews-{month}.parquet"


def _write_month(dataset: Dataset, rows: Reviews, month: str, file: Path) -> None:
    wanted = {(entry.source, entry.id): entry for entry in dataset.months[month]}
    partial = file.with_suffix(".partial")
    with parquet.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        for some in rows.between(*_bounds(month)):
            kept = [row | {"split": dataset.split(wanted[key]), "written_on": row["written_at"].date()}
                    for row in some if (key := (row["source"], row["id"])) in wanted]  # fmt: skip
            writer.write_table(pa.Table.from_pylist(kept, SCHEMA))
    partial.replace(file)


def _bounds(month: str) -> tuple[datetime, datetime]:
    first = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    return first, (first + timedelta(days=32)).replace(day=1)


def _manifest(dataset: Dataset, months: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    kept, curation = dataset.curation.kept, dataset.curation
    quarantined = Counter((reason, entry.brand, str(entry.day)) for entry, reason in curation.quarantined)
    return {
        "format": _FORMAT,
        "fingerprint": hashlib.sha256(json.dumps(months, sort_keys=True).encode()).hexdigest(),
        "rows": len(kept),
        "since": str(kept[0].day) if kept else None,
        "until": str(kept[-1].day) if kept else None,
        "held_out_from": dataset.held_out_from and f"{dataset.held_out_from:%Y-%m-%dT%H:%M:%SZ}",
        "splits": dict(sorted(Counter(map(dataset.split, kept)).items())),
        "sources": dict(sorted(Counter(entry.source for entry in kept).items())),
        "stars": {str(stars): count for stars, count in sorted(Counter(entry.stars for entry in kept).items())},
        "left_out": {reason: count for reason, count in curation.left_out.items() if count},
        "quarantined": [
            {"reason": reason, "brand": brand, "day": day, "rows": count}
            for (reason, brand, day), count in sorted(quarantined.items())
        ],
        "settings": settings,
        "months": months,
    }


def _shown(entry: Entry) -> dict[str, Any]:
    """For a person: which review it is, not who wrote it."""
    return {"source": entry.source, "id": entry.id, "brand": entry.brand, "day": str(entry.day), "stars": entry.stars}


def _replace(file: Path, text: str) -> None:
    partial = file.with_name(file.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


class Reviews:
    """The view `labelled_review` at one moment, streamed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Both readings see the same reviews. The salt makes clients comparable in this session and nowhere else.
        connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('opine.salt', %s, false)", [secrets.token_hex(16)])

    def between(self, since: datetime, until: datetime) -> Iterator[list[dict[str, Any]]]:
        """Rows that were written then, some at a time."""
        with self._connection.cursor(name="labelled_reviews") as cursor:
            cursor.execute(_SELECT, {"since": since, "until": until})
            while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                yield [dict(zip(_COLUMNS, row, strict=True)) for row in rows]

    def entries(self) -> list[Entry]:
        """All of them, without their words."""
        everything = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
        return [_entry(row) for some in self.between(*everything) for row in some]


def _entry(row: dict[str, Any]) -> Entry:
    written_at = row["written_at"].replace(tzinfo=UTC)
    said = [row[name] for name in ("source", "id", "brand", "text", "rating", "suggested_stars", "model_digest")]
    fingerprint = hashlib.sha256(json.dumps([*said, str(written_at.date())]).encode()).digest()
    return Entry(
        row["source"],
        row["id"],
        row["brand"],
        written_at,
        row["client"],
        row["rating"],
        text_digest(row["text"]),
        signature(row["text"]),
        fingerprint,
    )


def write_dataset(database_url: str, out: Path, guards: Guards, held_out: float) -> dict[str, Any]:
    """Choose among the reviews of a database and write them; the manifest.

    Raises:
        DatabaseError: it cannot be read.
    """
    settings = {"held_out": held_out, **asdict(guards)}
    try:
        with closing(psycopg2.connect(database_url.replace("+psycopg2", "", 1))) as connection:
            reviews = Reviews(connection)
            return write(choose(reviews.entries(), guards, held_out), reviews, out, settings)
    except psycopg2.Error as error:
        raise DatabaseError(
            f"the database cannot be read: {str(error).strip()}. Is it at revision 0011, and may this role read "
            "labelled_review?"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteDataset:
    """Write the reviews of a database as Parquet files that train reads, with a manifest, which is printed.

        dataset --database-url postgresql://opine_analysis@/opine --out datasets/opine

    Again with the same folder, only the months that have changed are written; what was hidden or deleted meanwhile
    leaves. Nobody's address, browser or pseudonym is written. What looks like a burst is in quarantine.jsonl.
    """

    database_url: str
    """Of the role `opine_analysis`; the password may be in PGPASSWORD or a password file."""
    out: Path
    """The dataset's folder."""
    held_out: float = 0.1
    """The newest share of the reviews, which is not learned from."""
    guards: Annotated[Guards, flat] = field(default_factory=Guards)

    def __post_init__(self) -> None:
        require_shares(self, "held_out")


def main(arguments: Sequence[str]) -> None:
    command = parse(WriteDataset, "dataset", arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    manifest = write_dataset(command.database_url, command.out, command.guards, command.held_out)
    sys.stdout.write(json.dumps(manifest, indent=2) + "\n")
