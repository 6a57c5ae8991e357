"""Cells of a CSV file that spreadsheets open: none is run as a formula (OWASP, "CSV Injection")."""

import re

# Where a cell begins, or would begin by another separator, a quote or a line end. Full-width forms run too. A sign
# before a number runs nothing and is left, as in "2,-3" and "-5". What is between is taken whole, whether something
# that runs follows or not: looked at again from each of its characters, a long run would cost its square.
_BEGIN = re.compile(
    r"(?:^|[,;|\t\r\n])[\s\"',;|]*+"
    r"(?P<runs>(?=[=@\uff1d\uff0b\uff0d\uff20]|[+-](?![\d.,]+(?:[\s,;|]|$))))?"
)


def defuse(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run, whichever separator it is told to split by."""
    return _BEGIN.sub(lambda found: found[0] if found["runs"] is None else f"{found[0]}'", text)
