"""What tables share: names of constraints, how a brand is named, and bounds of what is kept as JSON."""

from sqlalchemy import CheckConstraint, MetaData, Text
from sqlalchemy.orm import DeclarativeBase

# Slugs are ASCII: byte order is their alphabetical order and needs no locale.
Slug = Text(collation="C")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        },
    )


def json_object(column: str, most_bytes: int = 65_536) -> CheckConstraint:
    """The column holds an object of at most so many bytes, as text."""
    is_object, bounded = f"jsonb_typeof({column}) = 'object'", f"octet_length({column}::text) <= {most_bytes}"
    return CheckConstraint(f"{is_object} AND {bounded}", name=column)
