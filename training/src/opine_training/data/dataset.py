"""Training, tuning and validation rows of a data folder, encoded once and kept in the run's folder."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from opine_training.data.corpus import Corpus, CorpusWriter, open_corpus
from opine_training.data.errors import DataError
from opine_training.data.learned import fingerprinted, learned_rows
from opine_training.data.rows import LeftOut
from opine_training.data.tables.table import files_of

if TYPE_CHECKING:
    from pathlib import Path

    from opine_training.data.learned import Source
    from opine_training.networks.encoding import Encoding

logger = logging.getLogger(__name__)

PARTS = ("train", "tuning", "validation")
_LAYOUT = 1
_SUMMARY = "data.json"


@dataclass(frozen=True, slots=True)
class Dataset:
    train: Corpus
    tuning: Corpus
    """Part of the training rows: judges epochs and fits the calibration."""
    validation: Corpus
    """Never learned from, only reported."""
    summary: dict[str, Any]
    """`fingerprint` is a SHA-256 over the hashes and stars of all rows that were learned from, in order; `rows` counts
    by source and part; `left_out` by source and reason."""

    @property
    def fingerprint(self) -> str:
        return str(self.summary["fingerprint"])


def read_dataset(source: Source, encoding: Encoding, cache: Path) -> Dataset:
    """Open the encoded corpora of a folder, which are written first where they are missing or of other data.

    Raises:
        DataError: nothing to learn from, or a file is unusable.
    """
    key = _key(source, encoding)
    if not (cache / _SUMMARY).exists() or json.loads((cache / _SUMMARY).read_text())["key"] != key:
        _write(source, encoding, cache, key)
    return open_dataset(cache)


def open_dataset(cache: Path) -> Dataset:
    """What `read_dataset` has written."""
    summary = json.loads((cache / _SUMMARY).read_text())
    train, tuning, validation = (open_corpus(cache / part) for part in PARTS)
    return Dataset(train, tuning, validation, summary)


def _write(source: Source, encoding: Encoding, cache: Path, key: str) -> None:
    unfinished = cache.with_name(cache.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    rows: dict[str, Counter[str]] = {}
    left_out = LeftOut()
    hashed = hashlib.sha256()
    with ExitStack() as stack:
        writers = {part: stack.enter_context(CorpusWriter(unfinished / part, encoding.encode)) for part in PARTS}
        for part, row in learned_rows(source, left_out):
            writers[part].add(row)
            rows.setdefault(row.source, Counter(dict.fromkeys(PARTS, 0)))[part] += 1
            if part != "validation":
                hashed.update(fingerprinted(row))
    for part, writer in writers.items():
        if not writer.rows:
            raise DataError(f"{source.data}: no {part} rows; a few thousand reviews are the least that makes sense")
    for line in left_out.lines():
        logger.warning(line)
    summary = {
        "fingerprint": hashed.hexdigest(),
        "rows": rows,
        "left_out": [
            {"source": name, "reason": reason, "rows": count}
            for (name, reason), count in sorted(left_out.reasons.items())
        ],
        "key": key,
    }
    (unfinished / _SUMMARY).write_text(json.dumps(summary, indent=2) + "\n")
    shutil.rmtree(cache, ignore_errors=True)
    unfinished.rename(cache)


def _key(source: Source, encoding: Encoding) -> str:
    """What the cache depends on: the files' contents, how they are read and how texts are encoded."""
    files = {path.name: _sha256(path) for file in source.files for path in files_of(file.path)}
    parts = [_LAYOUT, files, asdict(source.reading), asdict(source.selection), encoding.key]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
