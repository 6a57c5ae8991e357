"""Prometheus of the namespace `monitoring`, asked by way of the API server."""

import json
from typing import Any
from urllib.parse import urlencode

from tests.support.cluster.release import Release

API = "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy/api/v1"


def prometheus(release: Release, path: str, **parameters: str) -> Any:  # noqa: ANN401  any JSON
    query = f"?{urlencode(parameters)}" if parameters else ""
    return json.loads(release.kubectl("get", "--raw", f"{API}/{path}{query}"))["data"]
