"""`/readyz`. Ready once the application is built.

It does not ask the reviews API: without it the page still opens, keeps what a person writes and says what is wrong,
while an ingress without ready pods could only answer 503.
"""

from flask import Flask, Response


def add_readiness(server: Flask) -> None:
    @server.get("/readyz")
    def readyz() -> Response:
        return Response("ready\n", mimetype="text/plain")
