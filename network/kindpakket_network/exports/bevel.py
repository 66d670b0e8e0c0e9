"""A network as resources of the Kubernetes operator hyperledger-bevel/bevel-operator-fabric.

They describe a new network: its CAs run in the cluster and issue all certificates there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from kindpakket_network.chaincodes.package import package_of
from kindpakket_network.description.chaincode import Chaincode
from kindpakket_network.description.channel import Channel
from kindpakket_network.description.organisation import Organisation
from kindpakket_network.description.topology import Topology
from kindpakket_network.exports import bevel_chaincodes as chaincodes
from kindpakket_network.exports import bevel_channels as channels
from kindpakket_network.exports import bevel_nodes as nodes
from kindpakket_network.exports.bevel_names import CA, REGISTRAR, Resource, kubernetes_name, variable
from kindpakket_network.nodes.own_tokens import ensure_no_tokens
from kindpakket_network.programs.templates import render

SCRIPT = "apply.sh"


def files(topology: Topology, image: str) -> Mapping[str, str]:
    """The files by name: the resources of each step, and the script that applies them.

    Args:
        topology: the network.
        image: the container image of the chaincodes' processes.

    Raises:
        NetworkError: a chaincode's source does not exist.
        TopologyError: an organisation keeps keys in a token.
    """
    ensure_no_tokens(
        topology,
        [organisation.name for organisation in topology.organisations],
        "the operator's nodes keep theirs in Kubernetes secrets. Remove `keys` to export the topology",
    )
    steps = {name: list(step) for name, step in _steps(topology, image).items()}
    made = {f"{name}.yaml": _yaml(resources) for name, resources in steps.items()}
    return {**made, SCRIPT: _script(topology)}


def resources(topology: Topology, image: str) -> list[Resource]:
    """All resources, in the order in which they are applied."""
    return [resource for step in _steps(topology, image).values() for resource in step]


def _steps(topology: Topology, image: str) -> Mapping[str, Iterable[Resource]]:
    joined = [
        (channel, member) for channel in topology.channels for member in topology.members_with_peers(channel)
    ]
    placed = list(
        {
            (member.name, code.name): (member, code)
            for channel, member in joined
            for code in channel.chaincodes
        }.values()
    )
    return {
        "10-authorities": _authorities(topology.organisations, topology),
        "20-nodes": [
            node for organisation in topology.organisations for node in _nodes(topology, organisation)
        ],
        "30-channels": [channels.main_channel(topology, channel) for channel in topology.channels],
        "40-members": [channels.follower(topology, channel, member) for channel, member in joined],
        "50-packages": [chaincodes.install(member, code, _label(code)) for member, code in placed],
        "60-processes": [
            resource for member, code in placed for resource in chaincodes.process(member, code, image)
        ],
        "70-approvals": [
            chaincodes.approval(channel, member, code)
            for channel, member in joined
            for code in channel.chaincodes
        ],
        "80-definitions": [
            chaincodes.commitment(topology, channel, _committing(topology, channel), code)
            for channel in topology.channels
            for code in channel.chaincodes
        ],
    }


def _authorities(organisations: Sequence[Organisation], topology: Topology) -> Iterable[Resource]:
    for organisation in organisations:
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": organisation.name}}
        yield nodes.authority(organisation, topology.tuning)


def _nodes(topology: Topology, organisation: Organisation) -> Iterable[Resource]:
    yield from nodes.users(organisation)
    if organisation.consenter:
        yield nodes.orderer(topology, organisation)
    if organisation.peers:
        yield nodes.builder(organisation)
    for name in organisation.peers:
        yield nodes.peer(topology, organisation, name)


def _committing(topology: Topology, channel: Channel) -> Organisation:
    return topology.members_with_peers(channel)[0]


def _label(code: Chaincode) -> str:
    return package_of(code).label


def _script(topology: Topology) -> str:
    names = {code.name: code for channel in topology.channels for code in channel.chaincodes}
    return render(
        "apply.sh",
        network=topology.name,
        organisations=[
            {
                "name": organisation.name,
                "prefix": variable(organisation.name),
                "secrets": [variable(organisation.name, name, "secret") for name in _enrolling(organisation)],
                "peers": [kubernetes_name(name) for name in organisation.peers],
                "consenter": organisation.consenter,
            }
            for organisation in topology.organisations
        ],
        channels=[channel.name for channel in topology.channels],
        chaincodes=[
            {
                "package": variable(name, "package"),
                "label": _label(code),
                "process": chaincodes.process_name(code),
                "install": next(
                    f"{name}-{member.name}"
                    for channel in topology.channels
                    if code in channel.chaincodes
                    for member in topology.members_with_peers(channel)
                ),
            }
            for name, code in names.items()
        ],
        ca=CA,
    )


def _enrolling(organisation: Organisation) -> list[str]:
    found = [REGISTRAR, *(kubernetes_name(name) for name in organisation.peers)]
    if organisation.consenter:
        found.append(nodes.ORDERER)
    return [*found, *(user.name for user in organisation.users)]


class _Dumper(yaml.SafeDumper):
    """Writes placeholders in double quotes, so that their values may contain line feeds; no aliases."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = '"' if "${" in value else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _yaml(made: Iterable[Resource]) -> str:
    return yaml.dump_all(made, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
