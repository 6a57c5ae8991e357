from __future__ import annotations

import argparse
import inspect
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import tyro
from charcnn.artefact import ArtefactError

from opine_training.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from opine_training.config.named import ConfigName

Command = TypeVar("Command")


def parse(command: type[Command], name: str, arguments: Sequence[str], default: Command | None = None) -> Command:
    """A command's options; its docstring opens the help."""
    return tyro.cli(
        command,
        prog=f"python -m opine_training {name}",
        description=inspect.getdoc(command),
        args=arguments,
        default=tyro.MISSING_NONPROP if default is None else default,
    )


def config_name(arguments: Sequence[str]) -> ConfigName:
    """The value of --config, looked up ahead: the other options' defaults follow from it."""
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--config", default="default")
    return "lineage" if parser.parse_known_args(arguments)[0].config == "lineage" else "default"


@contextmanager
def said_plainly(*errors: type[Exception]) -> Iterator[None]:
    """Errors that a person can do something about end the program with a sentence."""
    plain: tuple[type[Exception], ...] = (ArtefactError, DataError, FileNotFoundError, *errors)
    try:
        yield
    except plain as error:
        sys.exit(f"opine_training: {error}")
