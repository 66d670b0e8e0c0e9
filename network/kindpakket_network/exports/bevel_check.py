"""Validates resources against the operator's own definitions, which are not part of this package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from kindpakket_network.errors import NetworkError
from kindpakket_network.exports.bevel_names import API, Resource

_GROUP, _VERSION = API.split("/")


def mistakes(made: Iterable[Resource], folder: Path) -> list[str]:
    """The violations of the operator's definitions, a sentence each.

    Args:
        made: the resources; Kubernetes' own kinds are skipped.
        folder: the folder with the operator's custom resource definitions.

    Raises:
        NetworkError: the folder lacks the definition of a kind.
    """
    import jsonschema

    known = _definitions(folder)
    found = []
    for resource in made:
        if resource["apiVersion"] != API:
            continue
        if resource["kind"] not in known:
            raise NetworkError(
                f"{folder} does not define {resource['kind']}: name the operator's config/crd/bases"
            )
        namespaced, schema = known[resource["kind"]]
        name = f"{resource['kind']} {resource['metadata']['name']}"
        if namespaced != ("namespace" in resource["metadata"]):
            found.append(f"{name}: {'needs' if namespaced else 'must not have'} a namespace")
        for error in jsonschema.Draft202012Validator(schema).iter_errors(resource):
            found.append(f"{name}, {'.'.join(map(str, error.absolute_path))}: {error.message}")
    return found


def _definitions(folder: Path) -> dict[str, tuple[bool, Mapping[str, Any]]]:
    found: dict[str, tuple[bool, Mapping[str, Any]]] = {}
    for path in sorted(folder.glob("*.yaml")):
        definition = yaml.safe_load(path.read_text("utf-8"))
        spec = definition.get("spec", {})
        if definition.get("kind") != "CustomResourceDefinition" or spec.get("group") != _GROUP:
            continue
        for version in spec["versions"]:
            if version["name"] == _VERSION:
                schema = version["schema"]["openAPIV3Schema"]
                found[spec["names"]["kind"]] = (spec["scope"] == "Namespaced", _strict(schema, top=True))
    return found


def _strict(schema: Mapping[str, Any], *, top: bool = False) -> dict[str, Any]:
    """A definition as JSON Schema that rejects unknown members, which Kubernetes would silently drop."""
    found = {name: value for name, value in schema.items() if name in ("type", "enum", "required", "pattern")}
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    if schema.get("nullable") and "type" in found:
        found["type"] = [found["type"], "null"]
    properties = {name: _strict(value) for name, value in schema.get("properties", {}).items()}
    if top:
        properties["metadata"] = {"type": "object"}
    if properties:
        found["properties"] = properties
        found["additionalProperties"] = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    if isinstance(schema.get("additionalProperties"), Mapping):
        found["additionalProperties"] = _strict(schema["additionalProperties"])
    if "items" in schema:
        found["items"] = _strict(schema["items"])
    return found
