"""Which characters a text may have."""

from typing import Annotated

from pydantic import BeforeValidator


def refuse_unstorable(value: object) -> object:
    """Refuse what neither UTF-8 nor PostgreSQL can hold; leave anything that is no string to the type's own check."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("holds a NUL character (U+0000), which cannot be stored; remove it")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"holds half of a surrogate pair at position {error.start}, which is no character; send valid Unicode",
            ) from None
    return value


Characters = Annotated[str, BeforeValidator(refuse_unstorable)]
