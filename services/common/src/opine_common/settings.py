"""Settings from the environment: a wrong one ends the start with a sentence that names the variable."""

import difflib
import os
import sys
from typing import NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

AnySettings = TypeVar("AnySettings", bound=BaseSettings)


class SettingFault(NamedTuple):
    # The variable; empty where several do not go together, which the message then names.
    variable: str
    message: str
    given: object

    def __str__(self) -> str:
        return f"{self.variable}: {self.message}" if self.variable else self.message


class SettingsError(ValueError):
    """What is wrong, as one sentence that does not repeat values: one may be a secret."""

    def __init__(self, prefix: str, faults: list[SettingFault]) -> None:
        super().__init__(f"the {prefix} settings are wrong. {'; '.join(map(str, faults))}")
        self.faults = faults


def read_settings(settings: type[AnySettings]) -> AnySettings:
    """The settings that the environment gives.

    Raises:
        SettingsError: one is missing, wrong or misspelt.
    """
    prefix = settings.model_config.get("env_prefix", "")
    faults = _misspelt(settings, prefix)
    try:
        read = settings()
        if not faults:
            return read
    except ValidationError as error:
        faults += [
            SettingFault(_variable(settings, prefix, fault["loc"]), fault["msg"], fault["input"])
            for fault in error.errors(include_url=False, include_context=False)
        ]
    # Outside the handler: the error of pydantic holds the values.
    raise SettingsError(prefix, faults)


def read_settings_or_exit(settings: type[AnySettings], program: str) -> AnySettings:
    """The settings that the environment gives; without them the process ends with 1 and the sentence."""
    try:
        return read_settings(settings)
    except SettingsError as error:
        sys.exit(f"{program}: {error}")


def _misspelt(settings: type[BaseSettings], prefix: str) -> list[SettingFault]:
    """Variables that miss a setting's name by little.

    Others with the prefix are left alone: a newer version may know them, and Kubernetes makes some of a Service's name.
    """
    known = [name.upper() for name in settings.model_fields]
    given = [name.removeprefix(prefix) for name in os.environ if prefix and name.startswith(prefix)]  # noqa: TID251  names only
    guesses = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.85) for name in given if name not in known}
    return [
        SettingFault(f"{prefix}{name}", f"there is no such setting; {prefix}{guess[0]} is one", name)
        for name, guess in guesses.items()
        if guess
    ]


def _variable(settings: type[BaseSettings], prefix: str, location: tuple[int | str, ...]) -> str:
    if not location:
        return ""
    name = ".".join(map(str, location))
    field = settings.model_fields.get(str(location[0]))
    # One with a name of its own is already called by it.
    return name if field is None or field.validation_alias else f"{prefix}{name}".upper()
