"""Calls about registered identities and their affiliations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from fabric_gateway.ca._call import CaCall, Caller, json_body, part, query


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a registered identity.

    Attributes:
        name: its name; those that begin with `hf.` are Fabric CA's own.
        value: its value.
        in_certificate: every certificate carries it by default.
    """

    name: str
    value: str
    in_certificate: bool = True


Attributes: TypeAlias = Mapping[str, str] | Iterable[Attribute]
"""Attributes by name, for certificates to carry; or one by one."""


@dataclass(frozen=True, slots=True)
class CaIdentity:
    """A registered identity.

    Attributes:
        name: its enrolment name.
        kind: `client`, `peer`, `orderer` or `admin`.
        affiliation: its place in the authority's tree of affiliations, as `a.b.c`; "" for the root.
        attributes: its attributes.
        max_enrolments: how often its secret may be used; -1 for any number.
    """

    name: str
    kind: str
    affiliation: str
    attributes: tuple[Attribute, ...]
    max_enrolments: int


def registering(
    ca: str,
    registrar: Caller,
    name: str,
    secret: str | None,
    kind: str,
    attributes: Attributes,
    affiliation: str,
    max_enrolments: int | None,
) -> CaCall[str]:
    """Register an identity; its secret."""
    members: dict[str, Any] = {
        "id": name,
        "type": kind,
        "affiliation": affiliation,
        "caname": ca,
        "attrs": _attributes(attributes),
    }
    if secret is not None:
        members["secret"] = secret
    if max_enrolments is not None:
        members["max_enrollments"] = max_enrolments
    return CaCall(
        "register",
        "POST",
        "register",
        json_body(members),
        lambda result: str(result["secret"]),
        caller=registrar,
    )


def listing_identities(ca: str, registrar: Caller) -> CaCall[tuple[CaIdentity, ...]]:
    """Ask for all identities that the caller may manage."""

    def decode(result: Mapping[str, Any]) -> tuple[CaIdentity, ...]:
        return tuple(_identity(identity) for identity in result.get("identities") or ())

    return CaCall("identities", "GET", f"identities{query(ca)}", b"", decode, caller=registrar)


def showing_identity(ca: str, registrar: Caller, name: str) -> CaCall[CaIdentity]:
    """Ask for one identity."""
    return CaCall(
        "identities", "GET", f"identities/{part(name)}{query(ca)}", b"", _identity, caller=registrar
    )


def changing_identity(
    ca: str,
    registrar: Caller,
    name: str,
    secret: str | None,
    kind: str | None,
    attributes: Attributes,
    affiliation: str | None,
    max_enrolments: int | None,
) -> CaCall[CaIdentity]:
    """Change a registered identity."""
    given = {
        "type": kind,
        "affiliation": affiliation,
        "attrs": _attributes(attributes),
        "max_enrollments": max_enrolments,
        "secret": secret,
    }
    members = {"caname": ca, **{member: value for member, value in given.items() if value is not None}}
    return CaCall(
        "identities", "PUT", f"identities/{part(name)}", json_body(members), _identity, caller=registrar
    )


def removing_identity(ca: str, registrar: Caller, name: str) -> CaCall[CaIdentity]:
    """Remove a registered identity."""
    path = f"identities/{part(name)}{query(ca)}"
    return CaCall("identities", "DELETE", path, b"", _identity, caller=registrar)


def listing_affiliations(ca: str, registrar: Caller) -> CaCall[tuple[str, ...]]:
    """Ask for the affiliations that the caller may see."""

    def decode(result: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(sorted(_names(result)))

    return CaCall("affiliations", "GET", f"affiliations{query(ca)}", b"", decode, caller=registrar)


def adding_affiliation(ca: str, registrar: Caller, affiliation: str) -> CaCall[None]:
    """Add an affiliation, and those above it."""
    body = json_body({"name": affiliation, "caname": ca})
    return CaCall("affiliations", "POST", "affiliations?force=true", body, lambda _: None, caller=registrar)


def _attributes(attributes: Attributes) -> list[dict[str, Any]]:
    if isinstance(attributes, Mapping):
        attributes = [Attribute(name, value) for name, value in attributes.items()]
    return [
        {"name": attribute.name, "value": attribute.value, "ecert": attribute.in_certificate}
        for attribute in attributes
    ]


def _identity(members: Mapping[str, Any]) -> CaIdentity:
    return CaIdentity(
        name=str(members["id"]),
        kind=str(members["type"]),
        affiliation=str(members["affiliation"]),
        attributes=tuple(
            Attribute(str(attribute["name"]), str(attribute["value"]), bool(attribute.get("ecert")))
            for attribute in members.get("attrs") or ()
        ),
        max_enrolments=int(members.get("max_enrollments", 0)),
    )


def _names(affiliation: Mapping[str, Any]) -> Iterable[str]:
    if affiliation.get("name"):
        yield str(affiliation["name"])
    for child in affiliation.get("affiliations") or ():
        yield from _names(child)
