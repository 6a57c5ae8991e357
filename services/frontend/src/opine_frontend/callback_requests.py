"""What asks for a callback, looked at before Dash, which answers anything that it did not send itself with 500.

A callback is given what its declared inputs and states are called and what its parameters' annotations say: neither
Dash nor a callback looks again.
"""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from dash import Dash
from dash.exceptions import DependencyException
from flask import Flask, request
from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

_PATH = "/_dash-update-component"
# JavaScript's Number.MAX_SAFE_INTEGER. Dash cannot write integers of more than 64 bits, and callbacks answer some.
_LARGEST_INTEGER = 2**53 - 1


def _require_exact_integers(value: object) -> object:
    if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        raise ValueError(f"integers must be between -{_LARGEST_INTEGER} and {_LARGEST_INTEGER}")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _require_exact_integers(part)
    return value


class _Place(BaseModel):
    """A property of an element, or of one that a pattern found, and what it holds."""

    id: str | dict[str, str]
    property: str
    value: Annotated[object, AfterValidator(_require_exact_integers)] = None


_Places = list[_Place | list[_Place]]


class _CallbackRequest(BaseModel):
    output: str
    outputs: _Place | _Places
    inputs: _Places
    state: _Places = []
    changedPropIds: list[str] = []  # noqa: N815  Dash's name


class _DeclaredPlace:
    """An output, input or state of a callback: of an element by its id, or of one or all whose ids follow a pattern."""

    def __init__(self, declared: Mapping[str, str]) -> None:
        self._id = _parsed_id(declared["id"])
        self._property = declared["property"]
        self._is_list = isinstance(self._id, dict) and ["ALL"] in self._id.values()

    def has(self, asked: _Place | list[_Place]) -> bool:
        places = asked if isinstance(asked, list) else [asked]
        return isinstance(asked, list) == self._is_list and all(self.is_of(one.id, one.property) for one in places)

    def is_of(self, element: object, name: str) -> bool:
        # What several callbacks write has the callback's hash behind it.
        name, _, _ = name.partition("@")
        if name != self._property or not isinstance(self._id, dict) or not isinstance(element, dict):
            return (element, name) == (self._id, self._property)
        return element.keys() == self._id.keys() and all(
            isinstance(element[key], str) if isinstance(value, list) else element[key] == value
            for key, value in self._id.items()
        )


class _DeclaredCallback:
    def __init__(self, known: Mapping[str, Any]) -> None:
        outputs = known["output"]
        self._has_one_output = not isinstance(outputs, list)
        self._outputs = [_DeclaredPlace(one.to_dict()) for one in ([outputs] if self._has_one_output else outputs)]
        self._inputs = [_DeclaredPlace(place) for place in known["inputs"]]
        self._state = [_DeclaredPlace(place) for place in known["state"]]
        # Of the function within Dash's wrapper.
        parameters = inspect.signature(known["callback"]).parameters.values()
        annotations = tuple(parameter.annotation for parameter in parameters)
        self._values = TypeAdapter(tuple[annotations], config=ConfigDict(strict=True))  # type: ignore[valid-type]

    def refuse_unless_declared(self, asked: _CallbackRequest) -> None:
        """Raises BadRequest."""
        outputs = [asked.outputs] if self._has_one_output else asked.outputs
        if not (
            _are(outputs, self._outputs)
            and _are(asked.inputs, self._inputs)
            and _are(asked.state, self._state)
            and all(map(self._has_input, asked.changedPropIds))
        ):
            raise BadRequest("This page is of another version of Opine. Reload it.")
        try:
            self._values.validate_python(tuple(_values([*asked.inputs, *asked.state])))
        except ValidationError as error:
            raise BadRequest("This page sent a value that no page of this version sends. Reload it.") from error

    def _has_input(self, name: str) -> bool:
        element, _, of_element = name.rpartition(".")
        try:
            triggered = _parsed_id(element)
        except ValueError:
            return False
        return any(declared.is_of(triggered, of_element) for declared in self._inputs)


def _parsed_id(element: str) -> object:
    """An id as Dash writes it: that of a pattern as JSON."""
    return from_json(element) if element.startswith("{") else element


def _are(asked: object, declared: Sequence[_DeclaredPlace]) -> bool:
    return (
        isinstance(asked, list)
        and len(asked) == len(declared)
        and all(one.has(place) for one, place in zip(declared, asked, strict=True))
    )


# Dash sends null for a counter whose element was drawn anew and has counted nothing since.
_COUNTERS = frozenset({"n_clicks", "n_intervals"})


def _values(places: _Places) -> Iterator[object]:
    for place in places:
        yield [_value(one) for one in place] if isinstance(place, list) else _value(place)


def _value(place: _Place) -> object:
    return 0 if place.value is None and place.property in _COUNTERS else place.value


def refuse_what_dash_did_not_send(app: Dash) -> None:
    """400 for what is no request of a callback that there is, 404 for a file that no library has.

    Call it once all callbacks are registered.
    """
    server: Flask = app.server
    # Those that run in the browser have no function here.
    callbacks = {output: _DeclaredCallback(known) for output, known in app.callback_map.items() if "callback" in known}

    @server.before_request
    def check() -> None:
        if request.path != _PATH or request.method != "POST":
            return
        try:
            asked = _CallbackRequest.model_validate_json(request.get_data())
        except ValidationError as error:
            raise BadRequest("This is no request of a page of ours.") from error
        known = callbacks.get(asked.output)
        if known is None:
            raise BadRequest("This page is of another version of Opine. Reload it.")
        known.refuse_unless_declared(asked)

    @server.errorhandler(DependencyException)
    def no_such_file(_error: DependencyException) -> tuple[Response, HTTPStatus]:
        return NotFound().get_response(), HTTPStatus.NOT_FOUND
