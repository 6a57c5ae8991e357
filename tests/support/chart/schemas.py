"""Whether an object is one that the API server would take, by the schemas in tests/chart/schemas."""

import functools
import json

import jsonschema

from tests.support import ROOT
from tests.support.chart.rendering import Object
from tests.support.chart.workloads import name_of

SCHEMAS = ROOT / "tests/chart/schemas"


@functools.cache
def validators() -> dict[str, jsonschema.Draft7Validator]:
    """By API version and kind; strict, see the schemas' README.md."""
    found = {}
    for name in ("kubernetes", "custom"):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        definitions = schema.get("definitions", {})
        for kind, own in schema["kinds"].items():
            found[kind] = jsonschema.Draft7Validator({**own, "definitions": definitions})
    return found


def faults(an_object: Object) -> list[str]:
    validator = validators()[f"{an_object['apiVersion']}/{an_object['kind']}"]
    errors = validator.iter_errors(an_object)
    return [f"{name_of(an_object)} at {'.'.join(map(str, e.path))}: {e.message}" for e in errors]
