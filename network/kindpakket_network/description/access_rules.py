"""What is wrong or questionable in the policies that guard a channel's resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kindpakket_network.description.form import text
from kindpakket_network.description.policy import PolicySyntaxError, in_the_power_of, parse
from kindpakket_network.errors import Mistake

# For these Fabric asks the peer's own organisation, before it looks at what a channel says.
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
    """What can have no effect, or lets nobody pass.

    Args:
        place: where the channel stands.
        channel: the channel.
        organisations: all organisations by name.
    """
    alone = _one_meets_admins(channel, organisations)
    for name, policy in channel.get("acls", {}).items():
        resource = text(name)
        at = f"{place}.acls.{resource}"
        if resource.startswith(_OF_THE_PEER):
            yield Mistake(
                at, "Fabric asks each peer's own administrators, whatever a channel says: take it out"
            )
        elif policy == "Admins" and not alone:
            yield Mistake(
                at,
                "Admins asks for several organisations here, and a caller is of one, so that nobody could "
                "pass: write Readers, BlockReaders or Writers",
            )


def _one_meets_admins(channel: Any, organisations: Mapping[str, Any]) -> bool:
    names = [one["organisation"] for one in channel["members"]]
    if "administration" not in channel:
        return len(names) == 1
    try:
        policy = parse(text(channel["administration"]))
    except PolicySyntaxError:  # a mistake of its own
        return True
    return any(in_the_power_of(policy, {one["msp"]}) for one in organisations.values())


def access_warnings(place: str, channel: Any) -> Iterator[Mistake]:
    """Who gets to blocks beside `block_readers`, and which readers cannot evaluate.

    Args:
        place: where the channel stands.
        channel: a channel without mistakes.
    """
    for resource, name in channel.get("acls", {}).items():
        if name not in _MEMBERS:
            continue
        for member in channel["members"]:
            let, who = set(member[_MEMBERS[name]]), member["organisation"]
            at = f"{place}.acls.{resource}"
            beyond = sorted(let - set(member["block_readers"]))
            if resource.startswith(_OF_BLOCKS) and beyond:
                words = (
                    f"{who}'s {' and '.join(beyond)}, no block readers, could read blocks: write BlockReaders"
                )
                yield Mistake(at, words)
            lacking = sorted(set(member["readers"]) - let - {"peer"})
            if resource == "peer/Propose" and lacking:
                words = (
                    f"{who}'s {' and '.join(lacking)} could not evaluate, though among readers: write Readers"
                )
                yield Mistake(at, words)
