"""The learning loop, by CronJob and Jobs: new words are learned from corrections and released, poison is refused."""

from collections.abc import Iterator

import pytest
from opine_local.learn_demo import TRAINING_ARGUMENTS, Loop, play
from opine_local.release_demo import IN_A_HURRY

from tests.cluster.conftest import image_values, in_cluster
from tests.support.cluster.registry import Registry
from tests.support.cluster.release import Release, wait_until

pytestmark = pytest.mark.drill

HURRY = {name: value for name, value in IN_A_HURRY.items() if name.startswith("OPINE_LEARNING_")} | {
    "OPINE_LEARNING_TRAINING_LABELS": "500",
    "OPINE_LEARNING_TRAINING_PAUSE_S": "1",
}


@pytest.fixture(scope="module")
def learning(release: Release, env: dict[str, str]) -> Iterator[Release]:
    values = image_values(in_cluster(env, "training"))["training"]
    assert isinstance(values, dict)
    small = {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"memory": "4Gi"}}
    training = {**values, "enabled": True, "args": [*TRAINING_ARGUMENTS], "resources": small}
    release.upgrade({"learning": {"schedule": "* * * * *", "env": HURRY}, "training": training})
    wait_until(lambda: Registry(release).plan["live"], "the first version", 240)
    yield release
    release.upgrade()


def test_new_words_are_learned_and_released_and_poison_is_refused(learning: Release, figures: dict[str, str]) -> None:
    registry = Registry(learning)
    loop = Loop(registry.url, registry.token)
    play(loop)
    at = {event.partition(":")[0]: seconds for seconds, event in reversed(loop.diary.events)}
    begun, registered, promoted = (at[what] for what in ("training begins", "training registered", "release promote"))
    figures["corrections learned by a Job, looks every minute"] = (
        f"registered {registered - begun:.0f} s after the training began, live after {promoted - registered:.0f} s more"
    )
    # Of each training one Job, and an Event of the judge's CronJob.
    assert len(learning.get("jobs", labels="app.kubernetes.io/component=training")["items"]) == loop.ended
    begun_events = [event for event in learning.get("events")["items"] if event["reason"] == "TrainingStarted"]
    assert len(begun_events) == loop.ended
