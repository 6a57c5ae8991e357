"""Trainings as Jobs of the cluster, made of the chart's suspended CronJob as by `kubectl create job --from`."""

from http import HTTPStatus
from typing import Any, cast

from kubernetes import client
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from opine_learning.kubernetes_events import in_cluster
from opine_learning.trainings import LauncherError, State

_TIMEOUT_S = 10


class TrainingJobs:
    """One Job a training; its name says which, so that a second look makes no second one.

    The account may read this CronJob, and create and read Jobs. A Job ends itself by its deadline, so that nothing here
    need delete one.

    Args:
        namespace: of this pod.
        cron_job: the template.
        api: the client of a cluster; this pod's by default.
    """

    def __init__(self, namespace: str, cron_job: str, api: client.BatchV1Api | None = None) -> None:
        self._api = client.BatchV1Api(in_cluster()) if api is None else api
        self._namespace, self._cron_job = namespace, cron_job

    def obstacle(self) -> str | None:
        try:
            self._template()
        except LauncherError as error:
            return str(error)
        return None

    def start(self, run: int) -> None:
        cron_job = self._template()
        template = cron_job["spec"]["jobTemplate"]
        (container,) = template["spec"]["template"]["spec"]["containers"]
        container["args"] += ["--training-run", str(run)]
        # With the chart it goes, and the CronJob's history limits hold for it.
        owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": self._cron_job, "controller": True}
        metadata = {
            "name": self._name(run),
            "labels": template["metadata"].get("labels", {}),
            "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [{**owner, "uid": cron_job["metadata"]["uid"]}],
        }
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"]}
        try:
            self._api.create_namespaced_job(self._namespace, cast("client.V1Job", job), _request_timeout=_TIMEOUT_S)
        except ApiException as error:
            if error.status != HTTPStatus.CONFLICT:  # somebody else has just made it
                raise _refused("created", error) from error
        except HTTPError as error:
            raise _refused("created", error) from error

    def state(self, run: int) -> State:
        try:
            job = self._api.read_namespaced_job(self._name(run), self._namespace, _request_timeout=_TIMEOUT_S)
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return State("missing")
            raise _refused("read", error) from error
        except HTTPError as error:
            raise _refused("read", error) from error
        for condition in (job.status and job.status.conditions) or []:
            if condition.status == "True" and condition.type == "Complete":
                return State("ended")
            if condition.status == "True" and condition.type == "Failed":
                return State("failed", f"its Job failed ({condition.reason}: {condition.message})")
        return State("running")

    def stop(self, run: int) -> None:
        """Its deadline does."""

    def close(self) -> None:
        """A Job needs nobody."""

    def _template(self) -> Any:  # noqa: ANN401  JSON
        try:
            found = self._api.read_namespaced_cron_job(self._cron_job, self._namespace, _request_timeout=_TIMEOUT_S)
        except ApiException as error:
            if error.status == HTTPStatus.NOT_FOUND:
                reason = f"there is no CronJob {self._cron_job}: set training.enabled in the chart"
                raise LauncherError(reason) from error
            raise _refused("read", error) from error
        except HTTPError as error:
            raise _refused("read", error) from error
        return self._api.api_client.sanitize_for_serialization(found)

    def _name(self, run: int) -> str:
        return f"{self._cron_job}-{run}"


def _refused(what: str, error: Exception) -> LauncherError:
    reason = str(error).splitlines()[0]
    return LauncherError(f"the training's Job or CronJob could not be {what}: {reason}")
