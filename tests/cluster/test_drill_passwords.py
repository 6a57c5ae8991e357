"""Passwords change while people write reviews, by the README's commands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster.documented import block, follow
from tests.support.cluster.release import Release

pytestmark = pytest.mark.drill

README = "charts/opine/README.md"


@pytest.mark.parametrize("words", ["next-password", "deployment/opine-reviews deployment/opine-frontend"])
def test_a_password_changes_and_no_request_fails(
    settled: Release, under_load: Callable[..., Any], tmp_path: Path, words: str
) -> None:
    secret, key = ("opine-db-app", "password") if words == "next-password" else ("opine-secrets", "admin-token")
    before = settled.get("secret", secret)["data"][key]
    with under_load(f"{key} of {secret} changed") as load:
        follow(settled, block(README, words), tmp_path)
        settled.rollout("reviews")
        settled.rollout("frontend")
    assert load.failures == []
    assert settled.get("secret", secret)["data"][key] != before
    assert "next-password" not in settled.get("secret", secret)["data"]
