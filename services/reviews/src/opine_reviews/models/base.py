"""What all tables share: the names of their constraints, and how a brand is named in them."""

from sqlalchemy import MetaData, Text
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
