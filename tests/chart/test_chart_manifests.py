"""Every object is one that the API server would take."""

from typing import Any

import helm_python
import pytest
import yaml

from tests.support import ROOT
from tests.support.chart.rendering import CHART, NAMESPACE, SHAPES, Object, parse
from tests.support.chart.schemas import faults, validators
from tests.support.chart.workloads import name_of


def test_objects_are_valid(objects: list[Object]) -> None:
    assert [fault for an_object in objects for fault in faults(an_object)] == []


def test_a_misspelt_field_is_found(rendered: dict[str, list[Object]]) -> None:
    every = {an_object["kind"]: an_object for objects in rendered.values() for an_object in objects}
    beside = {
        one["kind"] for file in (ROOT / "k8s/eks").glob("*.yaml") for one in parse(file.read_text()) if "kind" in one
    }
    schemas = {kind.split("/")[-1] for kind in validators()}
    assert schemas == every.keys() | beside - {"ClusterConfig"}, "a schema of what nothing renders"
    for an_object in every.values():
        inside = "spec" if "spec" in an_object else "metadata"
        if inside == "spec" or an_object["apiVersion"] == "v1":
            wrong = {**an_object, inside: {**an_object[inside], "nonsense": 1}}
            assert faults(wrong), name_of(an_object)


@pytest.mark.parametrize(
    ("before", "after"),
    [("readOnlyRootFilesystem", "readOnlyRootFileSystem"), ("containerPort", "port"), ("cpu: 500m", "cpu: []")],
)
def test_a_fault_deep_inside_is_found(rendered: dict[str, list[Object]], before: str, after: str) -> None:
    text = yaml.safe_dump_all(rendered["defaults"])
    assert before in text
    assert [fault for an_object in parse(text.replace(before, after)) for fault in faults(an_object)]


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
