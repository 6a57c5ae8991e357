"""Request ids, deadlines, logs, HTTP metrics and the HTTP client, the same in every service.

`logs`, `request_ids`, `deadlines`, `http_metrics` and `access` know no web framework; `web` is for Flask (and Dash's
Flask server), `gunicorn_logs` for gunicorn, `http_client` for asking another service. Import from the module, so that a
service loads only the framework that it runs on.
"""
