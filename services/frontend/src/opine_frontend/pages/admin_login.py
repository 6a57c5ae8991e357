import dash_mantine_components as dmc  # type: ignore[import-untyped]
from dash import dcc, html

_REFUSALS = {
    "wrong": "That is not the password.",
    "wait": "Too many wrong passwords. Wait five minutes and try again.",
}


def login_page(outcome: str) -> html.Div:
    """Ask for the password; `outcome` is how the last attempt ended."""
    refusal = _REFUSALS.get(outcome)
    return html.Div(
        [
            html.H1("Admin"),
            html.Form(
                [
                    *([html.P(refusal, id="login-refusal", className="refusal", role="alert")] if refusal else []),
                    dmc.PasswordInput(
                        id="admin-password",
                        name="password",
                        label="Password",
                        required=True,
                        withAsterisk=False,
                        size="md",
                        autoComplete="current-password",
                        visibilityToggleButtonProps={"aria-label": "Show or hide the password"},
                    ),
                    html.Button("Log in", type="submit", id="login-button", className="button-primary"),
                ],
                action="/admin/login",
                method="POST",
                className="login card",
            ),
        ],
        className="narrow",
    )


def switched_off_page() -> html.Div:
    return html.Div(
        [
            html.H1("Admin is switched off"),
            html.P("No password is configured, so nobody can log in. To switch this page on, start the frontend with:"),
            html.Ul(
                [
                    html.Li([html.Code("OPINE_FRONTEND_ADMIN_PASSWORD"), ": the password to log in with"]),
                    html.Li(
                        [
                            html.Code("OPINE_FRONTEND_ADMIN_TOKEN"),
                            ": the same as the reviews API's ",
                            html.Code("OPINE_REVIEWS_ADMIN_TOKEN"),
                        ]
                    ),
                    html.Li([html.Code("OPINE_FRONTEND_SECRET_KEY"), ": at least 32 random characters"]),
                ]
            ),
            dcc.Link("Review a brand", href="/", className="button-quiet"),
        ],
        className="narrow prose",
        id="admin-off",
    )
