"""Problems and warnings about the policies that guard a channel's resources (its ACLs)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kindpakket_network.description.policy import PolicySyntaxError, can_be_satisfied_by, parse
from kindpakket_network.description.schema import text
from kindpakket_network.errors import Mistake

# For these, Fabric checks the policy of the peer's own organisation and ignores the channel's ACL.
_OF_THE_PEER = (
    "_lifecycle/Install",
    "_lifecycle/QueryInstalled",
    "_lifecycle/GetInstalled",
    "_lifecycle/Approve",
    "_lifecycle/QueryApproved",
    "snapshot/",
    "cscc/Join",
    "cscc/GetChannels",
)
_OF_BLOCKS = ("qscc/", "event/", "gateway/ChaincodeEvents", "cscc/GetConfigBlock")
_MEMBERS = {"Readers": "readers", "BlockReaders": "block_readers", "Writers": "writers"}


def access_mistakes(place: str, channel: Any, organisations: Mapping[str, Any]) -> Iterator[Mistake]:
    """ACLs that have no effect, or that nobody can satisfy.

    Args:
        place: the channel's path in the file.
        channel: the channel.
        organisations: all organisations by name.
    """
    alone = _one_meets_admins(channel, organisations)
    for name, policy in channel.get("acls", {}).items():
        resource = text(name)
        at = f"{place}.acls.{resource}"
        if resource.startswith(_OF_THE_PEER):
            yield Mistake(
                at, "Fabric checks the peer's own administrators and ignores this setting: remove it"
            )
        elif policy == "Admins" and not alone:
            yield Mistake(
                at,
                "Admins requires several organisations here, but a call is signed by one, so nobody could "
                "satisfy it: write Readers, BlockReaders or Writers",
            )


def _one_meets_admins(channel: Any, organisations: Mapping[str, Any]) -> bool:
    names = [member["organisation"] for member in channel["members"]]
    if "administration" not in channel:
        return len(names) == 1
    try:
        policy = parse(text(channel["administration"]))
    except PolicySyntaxError:  # reported elsewhere
        return True
    return any(can_be_satisfied_by(policy, {organisation["msp"]}) for organisation in organisations.values())


def access_warnings(place: str, channel: Any) -> Iterator[Mistake]:
    """Roles that can read blocks without being `block_readers`, and readers that cannot evaluate.

    Args:
        place: the channel's path in the file.
        channel: a channel without problems.
    """
    for resource, name in channel.get("acls", {}).items():
        if name not in _MEMBERS:
            continue
        for member in channel["members"]:
            let, who = set(member[_MEMBERS[name]]), member["organisation"]
            at = f"{place}.acls.{resource}"
            beyond = sorted(let - set(member["block_readers"]))
            if resource.startswith(_OF_BLOCKS) and beyond:
                message = (
                    f"{who}'s {' and '.join(beyond)} could read blocks without being in block_readers: "
                    "write BlockReaders"
                )
                yield Mistake(at, message)
            lacking = sorted(set(member["readers"]) - let - {"peer"})
            if resource == "peer/Propose" and lacking:
                message = (
                    f"{who}'s {' and '.join(lacking)} could not evaluate despite being in readers: "
                    "write Readers"
                )
                yield Mistake(at, message)
