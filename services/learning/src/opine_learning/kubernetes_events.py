"""A decision as an Event of the cluster, for whoever looks there: `kubectl get events`."""

import datetime as dt
import logging
import ssl

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from opine_learning.steps import Decision

logger = logging.getLogger("opine.learning")

_COMPONENT = "opine-learning"
_REASONS = {
    "pin": "ModelPinned",
    "advance": "ReleaseAdvanced",
    "promote": "ReleasePromoted",
    "rollback": "ReleaseRolledBack",
    "start": "ReleaseStarted",
    "train": "TrainingStarted",
    "training_failed": "TrainingFailed",
}
_WARNINGS = {"rollback", "training_failed"}
_LONGEST_MESSAGE = 1024


class KubernetesEvents:
    """Creates Events.

    Args:
        namespace: of this pod.
        cron_job: the Events are about it; the only object of this service that lasts.
        api: the client of a cluster; this pod's by default.
    """

    def __init__(self, namespace: str, cron_job: str, api: client.CoreV1Api | None = None) -> None:
        self._api = client.CoreV1Api(in_cluster()) if api is None else api
        self._namespace, self._cron_job = namespace, cron_job

    def tell(self, decision: Decision) -> None:
        """The decision is in the registry already: an Event that cannot be written is only logged."""
        now = dt.datetime.now(dt.UTC)
        event = client.CoreV1Event(
            metadata=client.V1ObjectMeta(generate_name=f"{self._cron_job}-"),
            involved_object=client.V1ObjectReference(
                api_version="batch/v1", kind="CronJob", name=self._cron_job, namespace=self._namespace
            ),
            # `kubectl get events --field-selector type=Warning` is what an operator looks at first.
            type="Warning" if decision.step in _WARNINGS else "Normal",
            reason=_REASONS[decision.step],
            message=_message(decision)[:_LONGEST_MESSAGE],
            source=client.V1EventSource(component=_COMPONENT),
            first_timestamp=now,
            last_timestamp=now,
            count=1,
        )
        try:
            self._api.create_namespaced_event(self._namespace, event, _request_timeout=5)
        except (ApiException, HTTPError) as error:
            logger.warning("the Event could not be written", extra={"error": str(error).splitlines()[0]})


def _message(decision: Decision) -> str:
    # A training changes no plan.
    return decision.reason if decision.plan is None else f"Revision {decision.plan['revision']}: {decision.reason}"


def in_cluster() -> client.ApiClient:
    """The client of this pod's account."""
    config.load_incluster_config()  # type: ignore[no-untyped-call]
    api = client.ApiClient()
    accept_plain_authority(api)
    return api


def accept_plain_authority(api_client: client.ApiClient) -> None:
    """Verify the API server by the cluster's authority, also where its certificate lacks RFC 5280's extensions.

    Since Python 3.13 such a certificate is refused, and older clusters of EKS and MicroK8s have no other
    (kubernetes-client/python#2394); the client has no option for it.
    """
    context = ssl.create_default_context(cafile=api_client.configuration.ssl_ca_cert)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    api_client.rest_client.pool_manager.connection_pool_kw["ssl_context"] = context
