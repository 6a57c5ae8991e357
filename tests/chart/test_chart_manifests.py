"""Every object is one that the API server would take."""

import json
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import pytest
import yaml

from tests.support.chart.rendering import CHART, NAMESPACE, SHAPES, Object, parse
from tests.support.chart.workloads import name_of

SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(scope="session")
def validators() -> dict[str, jsonschema.Draft7Validator]:
    """By API version and kind; strict, see schemas/README.md."""
    found = {}
    for name in ("kubernetes", "custom"):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        definitions = schema.get("definitions", {})
        for kind, own in schema["kinds"].items():
            found[kind] = jsonschema.Draft7Validator({**own, "definitions": definitions})
    return found


def faults(an_object: Object, validators: dict[str, jsonschema.Draft7Validator]) -> list[str]:
    validator = validators[f"{an_object['apiVersion']}/{an_object['kind']}"]
    errors = validator.iter_errors(an_object)
    return [f"{name_of(an_object)} at {'.'.join(map(str, e.path))}: {e.message}" for e in errors]


def test_objects_are_valid(objects: list[Object], validators: dict[str, jsonschema.Draft7Validator]) -> None:
    assert [fault for an_object in objects for fault in faults(an_object, validators)] == []


def test_a_misspelt_field_is_found(
    rendered: dict[str, list[Object]], validators: dict[str, jsonschema.Draft7Validator]
) -> None:
    every = {an_object["kind"]: an_object for objects in rendered.values() for an_object in objects}
    assert {kind.split("/")[-1] for kind in validators} == every.keys(), "a schema of what nothing renders"
    for an_object in every.values():
        inside = "spec" if "spec" in an_object else "metadata"
        if inside == "spec" or an_object["apiVersion"] == "v1":
            wrong = {**an_object, inside: {**an_object[inside], "nonsense": 1}}
            assert faults(wrong, validators), name_of(an_object)


@pytest.mark.parametrize(
    ("before", "after"),
    [("readOnlyRootFilesystem", "readOnlyRootFileSystem"), ("containerPort", "port"), ("cpu: 500m", "cpu: []")],
)
def test_a_fault_deep_inside_is_found(
    rendered: dict[str, list[Object]], validators: dict[str, jsonschema.Draft7Validator], before: str, after: str
) -> None:
    text = yaml.safe_dump_all(rendered["defaults"])
    assert before in text
    assert [fault for an_object in parse(text.replace(before, after)) for fault in faults(an_object, validators)]


def test_objects_are_told_apart_and_in_the_namespace(objects: list[Object]) -> None:
    names = [(an_object["apiVersion"].split("/")[0], name_of(an_object)) for an_object in objects]
    assert len(set(names)) == len(names)
    assert {an_object["metadata"]["namespace"] for an_object in objects} == {NAMESPACE}


def lint(values: Object) -> list[str]:
    """What `helm lint --strict` calls an error or a warning."""
    report: dict[str, Any] = helm_python.lint(CHART, values, strict=True)
    warning = 2
    return [message["error"] for message in report["messages"] if message["severity"] >= warning]


@pytest.mark.parametrize("name", SHAPES)
def test_lint(name: str) -> None:
    assert lint(yaml.safe_load(SHAPES[name].read_text())) == []


def test_lint_finds_a_wrong_value() -> None:
    assert lint({"nonsense": 1})


def test_a_key_that_is_there_twice_is_found() -> None:
    with pytest.raises(yaml.YAMLError):
        parse("a: {b: 1, b: 2}")
