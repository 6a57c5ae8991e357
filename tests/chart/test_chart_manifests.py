"""Every object is one that the API server would take."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from charted.programs import SHARED, find_program
from charted.rendering import CHART, NAMESPACE, SHAPES, Object, parse
from charted.workloads import name_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.fixture(scope="session")
def validator() -> ModuleType:
    """The strict schemas of Kubernetes and of all custom resources."""
    file = SHARED / "crds/validate.py"
    if not file.exists():
        pytest.skip("no schemas beside this repository")
    spec = importlib.util.spec_from_file_location("validate", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reachable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with those of its definitions that it uses."""
    definitions = schema.pop("definitions", {})
    found: set[str] = set()
    pending = [json.dumps(schema)]
    while pending:
        text = pending.pop()
        for name in definitions:
            if name not in found and f'"#/definitions/{name}"' in text:
                found.add(name)
                pending.append(json.dumps(definitions[name]))
    return {**schema, "definitions": {name: definitions[name] for name in found}}


@pytest.fixture(scope="session")
def schemas(
    validator: ModuleType, rendered: dict[str, list[Object]], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], tuple[jsonschema.Draft7Validator, Path]]:
    """For each kind that occurs, a validator and its schema as a file that kubeconform reads."""
    folder = tmp_path_factory.mktemp("schemas")
    kinds = {(an_object["apiVersion"], an_object["kind"]) for objects in rendered.values() for an_object in objects}
    found = {}
    for version, kind in kinds:
        schema = validator.schema_for(version, kind)
        assert schema, f"no schema for {version} {kind}"
        pruned = reachable(dict(schema))
        # kubeconform knows a group by its first part.
        group, _, number = version.rpartition("/")
        file = folder / ("-".join(filter(None, (kind.lower(), group.split(".")[0], number))) + ".json")
        file.write_text(json.dumps(pruned))
        found[version, kind] = (jsonschema.Draft7Validator(pruned), file)
    return found


def faults(an_object: Object, schema: jsonschema.Draft7Validator) -> list[str]:
    return [f"{name_of(an_object)} at {'.'.join(map(str, e.path))}: {e.message}" for e in schema.iter_errors(an_object)]


def test_objects_are_valid(
    objects: list[Object], schemas: dict[tuple[str, str], tuple[jsonschema.Draft7Validator, Path]]
) -> None:
    assert [
        fault
        for an_object in objects
        for fault in faults(an_object, schemas[an_object["apiVersion"], an_object["kind"]][0])
    ] == []


def test_a_misspelt_field_is_found(
    rendered: dict[str, list[Object]], schemas: dict[tuple[str, str], tuple[jsonschema.Draft7Validator, Path]]
) -> None:
    for an_object in rendered["production"]:
        if "spec" in an_object:
            wrong = {**an_object, "spec": {**an_object["spec"], "nonsense": 1}}
            assert faults(wrong, schemas[an_object["apiVersion"], an_object["kind"]][0]), name_of(an_object)


def kubeconform(programs: Path, schemas: Path, manifests: str) -> subprocess.CompletedProcess[str]:
    program = find_program("kubeconform", programs)
    if program is None:
        pytest.skip("kubeconform is neither on PATH nor beside this repository")
    location = f"{schemas}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    command = [program, "-strict", "-summary", "-schema-location", location, "-"]
    return subprocess.run(command, input=manifests, capture_output=True, text=True, check=False)


def test_kubeconform_agrees(
    programs: Path,
    manifests: dict[str, str],
    schemas: dict[tuple[str, str], tuple[jsonschema.Draft7Validator, Path]],
) -> None:
    folder = next(iter(schemas.values()))[1].parent
    done = kubeconform(programs, folder, "\n---\n".join(manifests.values()))
    assert done.returncode == 0, done.stdout
    assert "Invalid: 0, Errors: 0, Skipped: 0" in done.stdout
    wrong = manifests["minimal"].replace("readOnlyRootFilesystem:", "readOnlyRootFileSystem:")
    assert kubeconform(programs, folder, wrong).returncode


def test_objects_are_told_apart_and_in_the_namespace(objects: list[Object]) -> None:
    names = [(an_object["apiVersion"].split("/")[0], name_of(an_object)) for an_object in objects]
    assert len(set(names)) == len(names)
    assert {an_object["metadata"]["namespace"] for an_object in objects} == {NAMESPACE}


@pytest.mark.parametrize("name", SHAPES)
def test_lint(helm: str, name: str) -> None:
    command = [helm, "lint", "--strict", str(CHART), "--values", str(SHAPES[name])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_key_that_is_there_twice_is_found() -> None:
    with pytest.raises(yaml.YAMLError):
        parse("a: {b: 1, b: 2}")
