"""The kit of all services: what each of them does alike stands here once.

| modules | what |
| --- | --- |
| `settings`, `logs` | how a process starts: its environment, or one sentence; one log format |
| `request_ids`, `deadlines`, `problems` | what a request is known by, how long it may take, how it fails |
| `text`, `prediction` | which characters a text may have; a prediction as the services exchange it |
| `http_metrics` | what is kept of each answer: a log line and metrics |
| `web`; `asgi` | all of that for Flask (extra `flask`); for any ASGI application |
| `wsgi_bridge`, `uvicorn_worker`, `gunicorn_logs` | Flask under gunicorn and uvicorn, against slow clients (`flask`) |
| `http_client` | asking another service (extra `client`) |
| `readiness`, `files` | waiting for what is needed, and for the network to it; files that are whole or not there |

Nothing here imports a service. Import from the module, so that a service loads only the framework that it runs on.
"""
