"""What asks for a callback, looked at before Dash, which answers anything that it did not send itself with 500."""

from http import HTTPStatus

from dash import Dash
from dash.exceptions import DependencyException
from flask import Flask, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

_PATH = "/_dash-update-component"


class _Place(BaseModel):
    """A property of an element, or of one that a pattern found; its value is the callback's own matter."""

    id: str | dict[str, str | int | float | bool]
    property: str


_Places = list[_Place | list[_Place]]


class _CallbackRequest(BaseModel):
    output: str
    outputs: _Place | _Places | None = None
    inputs: _Places
    state: _Places = []
    changedPropIds: list[str] = []  # noqa: N815  Dash's name


def refuse_what_dash_did_not_send(app: Dash) -> None:
    """400 for what is no request of a callback that there is, 404 for a file that no library has."""
    server: Flask = app.server

    @server.before_request
    def check() -> None:
        if request.path != _PATH or request.method != "POST":
            return
        try:
            asked = _CallbackRequest.model_validate_json(request.get_data())
        except ValidationError as error:
            raise BadRequest("This is no request of a page of ours.") from error
        known = app.callback_map.get(asked.output)
        if known is None or (len(asked.inputs), len(asked.state)) != (len(known["inputs"]), len(known["state"])):
            raise BadRequest("This page is of another version of Opine. Reload it.")

    @server.errorhandler(DependencyException)
    def no_such_file(_error: DependencyException) -> tuple[Response, HTTPStatus]:
        return NotFound().get_response(), HTTPStatus.NOT_FOUND
