"""BentoML's service class, documenting the contract."""

from __future__ import annotations

from typing import Any

import attrs
import bentoml
from bentoml._internal.service.openapi.specification import PathItem

from opine_sentiment import openapi


class ContractService(bentoml.Service[Any]):  # type: ignore[misc]  # BentoML's SDK ships no types
    """A BentoML service whose routes are the worker's, of which BentoML knows nothing."""

    @property
    def openapi_spec(self) -> Any:  # noqa: ANN401  an internal class of BentoML
        """What a Bento keeps as its description."""
        spec = super().openapi_spec
        document = openapi.document()
        return attrs.evolve(
            spec,
            openapi=document["openapi"],
            info=attrs.evolve(spec.info, contact=None, **document["info"]),
            tags=None,
            paths={path: PathItem(**operations) for path, operations in document["paths"].items()},
            components=document["components"],
        )
