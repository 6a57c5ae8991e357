"""Callbacks that run in the browser; their functions are in assets/js."""

from dash import ClientsideFunction, Dash, Input, Output
from dash.dependencies import DashDependency


def add_browser_callbacks(app: Dash) -> None:
    _run(app, "pageShown", Input("page-meta", "data"))
    # With an output on the page itself, so that Dash calls it whenever that page appears.
    _run(app, "composerMounted", Output("composer-mounted", "data"), Input("composer-brand", "data"))
    _run(app, "switchRefused", Input("composer-switch-refusal", "data"))


def _run(app: Dash, name: str, *dependencies: DashDependency) -> None:
    app.clientside_callback(ClientsideFunction("opine", name), *dependencies)  # type: ignore[no-untyped-call]
