"""Images that were built before; `make images` builds them."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.containers.container import Container
from tests.support.containers.store import BASE, image_name, inspect


@pytest.fixture(scope="session")
def base() -> dict[str, Any]:
    found = inspect(BASE)
    if found is None:
        pytest.skip("buildah is not here, or not the base image")
    return found


@pytest.fixture(scope="session")
def image(base: dict[str, Any]) -> Callable[[str], tuple[str, dict[str, Any]]]:
    """Name and description of a component's image of today's files, "sentiment" or "sentiment cuda"."""
    assert base

    def of(component: str) -> tuple[str, dict[str, Any]]:
        name, *variant = component.split()
        name = image_name(name, *(option for each in variant for option in ("--variant", each)))
        found = inspect(name)
        if found is None:
            pytest.skip(f"{name} is not built: make images" + "".join(f" VARIANT={each}" for each in variant))
        return name, found

    return of


@pytest.fixture
def start(image: Callable[[str], tuple[str, dict[str, Any]]], tmp_path: Path) -> Iterator[Callable[..., Container]]:
    if os.geteuid() != 0 or not Path("/usr/sbin/runc").exists():
        pytest.skip("needs root and runc")
    started: list[Container] = []

    def run(component: str, environment: Mapping[str, str], *arguments: str, **options: Any) -> Container:  # noqa: ANN401
        name, description = image(component)
        container = Container(name, description["OCIv1"]["config"], tmp_path)
        started.append(container)
        return container.start(environment, arguments, **options)

    yield run
    for container in started:
        container.close()
