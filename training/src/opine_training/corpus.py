"""Encoded reviews on disk, read through memory maps: what a run holds in memory does not grow with them."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol, Self, overload

import numpy as np
from charcnn.artefact import atomic_folder

from opine_training.reviews import DataError, LeftOut, files_of
from opine_training.splits import fingerprinted, learned_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from opine_training.reviews import Row
    from opine_training.splits import Source

logger = logging.getLogger(__name__)
# One flat file each. Ends and not begins and lengths: one number a text says where it starts and stops.
_COLUMNS: dict[str, Any] = {
    "symbols": np.uint8,
    "ends": np.int64,
    "texts": np.uint8,
    "text_ends": np.int64,
    "stars": np.int8,
    "sources": np.uint16,
    "digests": np.uint64,
}
_SOURCE_NAMES = "sources.json"


class Texts(Sequence[str]):
    """UTF-8 texts in one flat array, decoded when they are asked for."""

    def __init__(self, encoded: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self._encoded = encoded
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return bytes(_part(self._encoded, self._ends, range(len(self))[index])).decode(errors="surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return (self[index] for index in range(len(self)))

    def between(self, first: int, last: int) -> Texts:
        """Some of them in their order."""
        return Texts(*_slice(self._encoded, self._ends, first, last))


@dataclass(frozen=True, slots=True)
class Corpus:
    """N reviews as a network reads them, and as they were written: the linear part and the baselines read words."""

    symbols: NDArray[np.uint8]
    """Of all reviews, one after the other."""
    ends: NDArray[np.int64]
    """Shape (N,): where the symbols of each review end."""
    stars: NDArray[np.int8]
    """Shape (N,): 0-4 for one to five stars."""
    sources: NDArray[np.uint16]
    """Shape (N,): indices in `source_names`."""
    digests: NDArray[np.uint64]
    """Shape (N,): `opine_training.reviews.text_digest` of each."""
    texts: Texts
    source_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.stars)

    def text_symbols(self, index: int) -> NDArray[np.uint8]:
        """Symbols of one review, shape (n,)."""
        return _part(self.symbols, self.ends, index)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Symbols of each review, shape (N,)."""
        return np.diff(self.ends, prepend=0)

    def rows_of(self, source: str) -> int:
        """How many reviews are from a source."""
        return sum(int((self.sources == index).sum()) for index, name in enumerate(self.source_names) if name == source)

    def between(self, first: int, last: int) -> Corpus:
        """Some of the reviews in their order."""
        symbols, ends = _slice(self.symbols, self.ends, first, last)
        part = slice(first, last)
        texts = self.texts.between(first, last)
        return Corpus(symbols, ends, self.stars[part], self.sources[part], self.digests[part], texts, self.source_names)


def _slice(
    flat: NDArray[np.uint8], ends: NDArray[np.int64], first: int, last: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    begin = int(ends[first - 1]) if first else 0
    shifted = ends[first:last] - begin
    return flat[begin : begin + (int(shifted[-1]) if len(shifted) else 0)], shifted


def _part(flat: NDArray[np.uint8], ends: NDArray[np.int64], index: int) -> NDArray[np.uint8]:
    return flat[ends[index - 1] if index else 0 : ends[index]]


def open_corpus(folder: Path) -> Corpus:
    """Map the files that `CorpusWriter` wrote; nothing is read yet.

    Raises:
        OSError: there are none.
    """
    columns = {name: _mapped(folder / f"{name}.bin", dtype) for name, dtype in _COLUMNS.items()}
    names = json.loads((folder / _SOURCE_NAMES).read_text())
    texts = Texts(columns.pop("texts"), columns.pop("text_ends"))
    return Corpus(**columns, texts=texts, source_names=tuple(names))


def _mapped(file: Path, dtype: Any) -> NDArray[Any]:  # noqa: ANN401  any type of number
    # An empty file cannot be mapped.
    if not file.stat().st_size:
        return np.zeros(0, dtype)
    return np.memmap(file, dtype, mode="r")


class CorpusWriter:
    """Appends rows to a folder that `open_corpus` reads."""

    def __init__(self, folder: Path, encode: Callable[[str], NDArray[np.uint8]]) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._encode = encode
        self._files: dict[str, IO[bytes]] = {name: (folder / f"{name}.bin").open("wb") for name in _COLUMNS}
        self._source_index: dict[str, int] = {}
        self._end = self._text_end = self.rows = 0

    def add(self, row: Row) -> None:
        """Append a review."""
        symbols = self._encode(row.text)
        # Texts from the web hold lone surrogates, which plain UTF-8 refuses; a text must come back as it was.
        text = np.frombuffer(row.text.encode(errors="surrogatepass"), np.uint8)
        self._end += len(symbols)
        self._text_end += len(text)
        self.rows += 1
        source = self._source_index.setdefault(row.source, len(self._source_index))
        values = (symbols, self._end, text, self._text_end, row.stars - 1, source, row.digest)
        for (name, dtype), value in zip(_COLUMNS.items(), values, strict=True):
            self._files[name].write(np.asarray(value, dtype).tobytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()
        (self._folder / _SOURCE_NAMES).write_text(json.dumps(list(self._source_index)))


def write_corpus(folder: Path, rows: Iterable[Row], encode: Callable[[str], NDArray[np.uint8]]) -> Corpus:
    """Write rows to a new folder and open it."""
    with CorpusWriter(folder, encode) as writer:
        for row in rows:
            writer.add(row)
    return open_corpus(folder)


class TextEncoding(Protocol):
    """How a network stores texts."""

    @property
    def key(self) -> str:
        """Changes with anything that changes what `encode` returns."""
        ...

    def encode(self, text: str) -> NDArray[np.uint8]:
        """Symbols of a text, shape (n,), as they are stored in a corpus."""
        ...


PARTS = ("train", "tuning", "validation")
_LAYOUT = 1  # raised when the files change, so that older caches are written again
_SUMMARY = "data.json"


@dataclass(frozen=True, slots=True)
class Dataset:
    """The rows of a run by their part in it."""

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
        """64 hexadecimal digits that stand for the rows that were learned from."""
        return str(self.summary["fingerprint"])


def read_dataset(source: Source, encoding: TextEncoding, cache: Path) -> Dataset:
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


def _write(source: Source, encoding: TextEncoding, cache: Path, key: str) -> None:
    rows: dict[str, Counter[str]] = {}
    left_out = LeftOut()
    hashed = hashlib.sha256()
    with atomic_folder(cache) as folder:
        # The writers are closed before the folder takes its name: until then their last rows are in memory.
        with ExitStack() as stack:
            writers = {part: stack.enter_context(CorpusWriter(folder / part, encoding.encode)) for part in PARTS}
            for part, row in learned_rows(source, left_out):
                writers[part].add(row)
                rows.setdefault(row.source, Counter(dict.fromkeys(PARTS, 0)))[part] += 1
                if part != "validation":
                    hashed.update(fingerprinted(row))
        # Told here and not hours later: early stopping, calibration and the report each need theirs.
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
        (folder / _SUMMARY).write_text(json.dumps(summary, indent=2) + "\n")


def _key(source: Source, encoding: TextEncoding) -> str:
    """What the cache depends on: the files' contents, how they are read and how texts are encoded."""
    # By content, not by time or folder: data that was copied or fetched again need not be encoded again.
    files = {path.name: _sha256(path) for file in source.files for path in files_of(file.path)}
    parts = [_LAYOUT, files, asdict(source.reading), asdict(source.selection), encoding.key]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
