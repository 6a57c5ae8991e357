"""Which companies a crawl reads."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from opine_common.text import decode_marked
from pydantic import TypeAdapter, ValidationError

from opine_scraping.issues import UsageError
from opine_scraping.items import CompanyKey, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_COMPANY_KEY = TypeAdapter(CompanyKey)
_LINE = TypeAdapter(Line)
_LARGEST_FILE = 256 * 1024 * 1024  # it is read whole: encodings are told apart by the first bytes
_COMPANY_PATH = re.compile(r"/review/([^/?#]+)")


@dataclass(frozen=True, slots=True)
class Company:
    """A company to read, and the category that it was found in."""

    company: str
    category: str | None = None
    sub_category: str | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` parts, from 1."""

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise ValueError(f"there is no shard {self.number} of {self.count}")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`3/8`: the third of eight."""
        number, slash, count = text.partition("/")
        if not (slash and number.isdecimal() and count.isdecimal()):
            raise ValueError(f"{text!r} is no shard; write 3/8 for the third of eight")
        return cls(int(number), int(count))

    def holds(self, company: str) -> bool:
        """The same answer on every machine, and parts of equal size."""
        # Python's own hash of a text differs from process to process.
        digest = hashlib.sha256(company.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1


def company_in_url(url: str) -> str | None:
    """`bt.com` of `/review/bt.com?page=2`."""
    try:
        found = _COMPANY_PATH.search(urlsplit(url).path)
    except ValueError:
        return None
    return unquote(found[1]) if found else None


def read_companies(file: Path) -> Iterator[Company]:
    """A CSV file with a column `company` or, as discover and the system of 2019 write it, `company_url`.

    As spreadsheets save it too: in UTF-8 or UTF-16 with a byte order mark, separated by semicolons or tabs.

    Raises:
        UsageError: there is no such file or column, it is no text, or an address is no company's.
    """
    try:
        text = _decoded(file)
        # The separator that the heading has most of; a heading has none in its names.
        first = text.partition("\n")[0]
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
        if not {"company", "company_url"} & set(rows.fieldnames or ()):
            raise UsageError(f"{file}: no column company or company_url; its first line must name one of them")
        for row in rows:
            # A name in doubt ends the run before it begins: a shifted column would ask the site for nonsense.
            company = (row.get("company") or company_in_url(row.get("company_url") or "") or "").strip()
            if not is_company(company):
                raise UsageError(f"{file}: line {rows.line_num} names no company; correct it or take it out")
            yield Company(company, _line(row.get("category")), _line(row.get("sub_category")))
    except csv.Error as error:
        raise UsageError(f"{file} is no CSV file: {error}") from error


def _decoded(file: Path) -> str:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise UsageError(f"{file} is larger than {_LARGEST_FILE:,} bytes; split it")
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    try:
        return decode_marked(content)
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 (byte {error.start + 1:,}); save it as CSV UTF-8") from error


def is_company(name: str) -> bool:
    """Whether a name can be one part of an address, as every company's is."""
    try:
        return bool(_COMPANY_KEY.validate_python(name))
    except ValidationError:
        return False


def _line(text: str | None) -> str | None:
    try:
        return _LINE.validate_python(text) or None
    except ValidationError:
        return None


def select_companies(companies: Iterable[Company], shard: Shard, most: int | None) -> list[Company]:
    """Each company once, as it comes first; those of the shard; at most `most`."""
    chosen: dict[str, Company] = {}
    for company in companies:
        if shard.holds(company.company):
            chosen.setdefault(company.company, company)
            if most is not None and len(chosen) >= most:
                break
    return list(chosen.values())
