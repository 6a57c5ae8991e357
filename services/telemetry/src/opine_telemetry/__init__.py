"""Request ids, logs and HTTP metrics, the same in every service.

`logs`, `request_ids`, `http_metrics` and `access` know no web framework; `web` is for Flask (and Dash's Flask server),
`gunicorn_logs` for gunicorn. Import from the module, so that a service loads only the framework that it runs on.
"""
