"""Eviction as `kubectl drain` asks for it."""

import json

from tests.support.cluster.commands import CommandError
from tests.support.cluster.release import Release


def evict(release: Release, pod: str) -> bool:
    """False: the budget does not let it go yet."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": release.namespace},
    }
    try:
        release.kubectl(
            "create", "--raw", f"/api/v1/namespaces/{release.namespace}/pods/{pod}/eviction", "--filename", "-",
            text_in=json.dumps(eviction),
        )  # fmt: skip
    except CommandError as error:
        if "disruption budget" in str(error):
            return False
        raise
    return True
