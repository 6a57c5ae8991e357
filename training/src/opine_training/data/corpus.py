"""Encoded reviews on disk, read through memory maps: what a run holds in memory does not grow with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Self, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from opine_training.data.rows import Row

_COLUMNS: dict[str, Any] = {
    "symbols": np.uint8,
    "ends": np.int64,
    "texts": np.uint8,
    "text_ends": np.int64,
    "stars": np.int8,
    "sources": np.uint16,
    "digests": np.uint64,
}
_NAMES = "sources.json"


class Texts(Sequence[str]):
    """UTF-8 texts in one flat array, decoded when they are asked for."""

    def __init__(self, encoded: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self._encoded = encoded
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return bytes(_part(self._encoded, self._ends, range(len(self))[place])).decode(errors="surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return (self[place] for place in range(len(self)))


@dataclass(frozen=True, slots=True)
class Corpus:
    """N reviews as a network reads them."""

    symbols: NDArray[np.uint8]
    ends: NDArray[np.int64]
    """Shape (N,): where the symbols of each review end."""
    stars: NDArray[np.int8]
    """Shape (N,): 0-4 for one to five stars."""
    sources: NDArray[np.uint16]
    """Shape (N,): places in `source_names`."""
    digests: NDArray[np.uint64]
    texts: Texts
    source_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.stars)

    def text_symbols(self, place: int) -> NDArray[np.uint8]:
        return _part(self.symbols, self.ends, place)

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.ends, prepend=0)


def _part(flat: NDArray[np.uint8], ends: NDArray[np.int64], place: int) -> NDArray[np.uint8]:
    return flat[ends[place - 1] if place else 0 : ends[place]]


def open_corpus(folder: Path) -> Corpus:
    columns = {name: _mapped(folder / f"{name}.bin", dtype) for name, dtype in _COLUMNS.items()}
    names = json.loads((folder / _NAMES).read_text())
    texts = Texts(columns.pop("texts"), columns.pop("text_ends"))
    return Corpus(**columns, texts=texts, source_names=tuple(names))


def _mapped(file: Path, dtype: Any) -> NDArray[Any]:  # noqa: ANN401  any type of number
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
        self._places: dict[str, int] = {}
        self._end = self._text_end = self.rows = 0

    def add(self, row: Row) -> None:
        symbols = self._encode(row.text)
        text = np.frombuffer(row.text.encode(errors="surrogatepass"), np.uint8)
        self._end += len(symbols)
        self._text_end += len(text)
        self.rows += 1
        source = self._places.setdefault(row.source, len(self._places))
        values = (symbols, self._end, text, self._text_end, row.stars - 1, source, row.digest)
        for (name, dtype), value in zip(_COLUMNS.items(), values, strict=True):
            self._files[name].write(np.asarray(value, dtype).tobytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()
        (self._folder / _NAMES).write_text(json.dumps(list(self._places)))


def write_corpus(folder: Path, rows: Iterable[Row], encode: Callable[[str], NDArray[np.uint8]]) -> Corpus:
    """Write rows to a new folder and open it."""
    with CorpusWriter(folder, encode) as writer:
        for row in rows:
            writer.add(row)
    return open_corpus(folder)
