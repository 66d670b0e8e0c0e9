"""Resources against the operator's own definitions of them, which are not part of this package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from kindpakket_network.errors import NetworkError
from kindpakket_network.exports.bevel_names import API, Resource

_GROUP, _VERSION = API.split("/")


def mistakes(made: Iterable[Resource], folder: Path) -> list[str]:
    """What the operator's definitions say against resources of its kinds, a sentence each.

    Args:
        made: the resources; those of Kubernetes itself are passed over.
        folder: the files with the operator's custom resource definitions.

    Raises:
        NetworkError: the folder has no definition of a kind.
    """
    import jsonschema

    known = _definitions(folder)
    found = []
    for one in made:
        if one["apiVersion"] != API:
            continue
        if one["kind"] not in known:
            raise NetworkError(
                f"{folder} does not define {one['kind']}: name the operator's config/crd/bases"
            )
        namespaced, schema = known[one["kind"]]
        name = f"{one['kind']} {one['metadata']['name']}"
        if namespaced != ("namespace" in one["metadata"]):
            found.append(f"{name}: it {'needs' if namespaced else 'has'} a namespace")
        for error in jsonschema.Draft202012Validator(schema).iter_errors(one):
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
    """A definition as JSON Schema. Members that it lacks, which Kubernetes would drop, are mistakes."""
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
