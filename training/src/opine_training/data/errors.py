from __future__ import annotations


class DataError(Exception):
    """The data cannot be used; the message says which file and what to do."""
