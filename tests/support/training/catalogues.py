"""Translations of a program, as packages carry them."""

import struct
from pathlib import Path

GERMAN = {
    "Sign in to go on": "Melde dich an, um fortzufahren",
    "The file %(name)s was not found": "Die Datei %(name)s wurde nicht gefunden",
    "Delete this message": "Diese Nachricht löschen",
    "E-mail": "E-Mail",
}


def write_catalogue(file: Path, messages: dict[str, str]) -> None:
    """GNU gettext's binary format: a header, lengths and offsets of originals and of translations, then both."""
    full = {"": "Content-Type: text/plain; charset=UTF-8\n"} | messages
    originals = sorted(full, key=str.encode)
    strings = [text.encode() for text in (*originals, *(full[original] for original in originals))]
    offset, table, body = 28 + 8 * len(strings), b"", b""
    for each in strings:
        table += struct.pack("<II", len(each), offset + len(body))
        body += each + b"\0"
    count = len(originals)
    file.parent.mkdir(parents=True)
    file.write_bytes(struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0) + table + body)
