"""What `bentoml build` needs beyond its settings in pyproject.toml."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bentoml.images import Image

if TYPE_CHECKING:
    from bentoml._internal.bento.bento import ImageInfo

# Local packages from outside the build's folder, which BentoML refuses to include.
_PACKAGES = ("charcnn", "opine_telemetry")


class SelfContainedImage(Image):  # type: ignore[misc]  # BentoML's SDK ships no types
    """An image whose Bento carries the source of this repository's packages, so that it needs no index for them."""

    def freeze(self, bento_fs: Path, envs: Any, platform_: str | None = None) -> ImageInfo:  # noqa: ANN401  BentoML's own
        for package in _PACKAGES:
            source = _folder(package)
            shutil.copytree(source, bento_fs / "src" / package, ignore=shutil.ignore_patterns("__pycache__"))
        info: ImageInfo = super().freeze(bento_fs, envs, platform_)
        return info


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent
