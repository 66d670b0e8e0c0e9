"""A channel's configuration as it is in force: its members, its policies, and who makes its blocks.

Source: `common/channelconfig/bundle.go`, `channel.go` and `orderer.go`, `common/capabilities/channel.go` of
Fabric 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fabric_gateway._wire import gateway as wire
from fabric_gateway._wire import messages as m
from fabric_gateway.blocks import ChannelConfig, Ordering
from fabric_gateway.errors import DecodeError
from fabric_gateway.verification._membership import Membership
from fabric_gateway.verification._policies import NoPolicy, Policies, Policy
from fabric_gateway.verification._signatures import Verdicts

BLOCK_VALIDATION = "/Channel/Orderer/BlockValidation"
_ROOT = "/Channel/"
_WITH_ED25519 = "V3_0"
_UNDERSTOOD = {"V1_4_3", "V2_0", "V3_0"}


class Configuration:
    """A configuration in force.

    Attributes:
        block: number of the block that holds it.
        channel: name of the channel.
        sequence: how often it was changed before.
        decoded: its values.
        membership: who the channel's members are.
        group: the `common.ConfigGroup` message, from which the next configuration is computed.
    """

    def __init__(self, block: int, envelope: bytes, verdicts: Verdicts | None = None) -> None:
        """Read the envelope of a configuration transaction.

        Args:
            block: number of the block that holds it.
            envelope: the transaction.
            verdicts: what verifies signatures; default: at once, here.

        Raises:
            DecodeError: it holds no configuration, or one that cannot be used.
        """
        self.block = block
        self.decoded = ChannelConfig.decode(envelope)
        self.channel = self.decoded.channel
        self.sequence = self.decoded.sequence
        payload = wire.parse(m.common.Payload, wire.split_envelope(envelope)[0])
        self.group: Any = wire.parse(m.configtx.ConfigEnvelope, payload.data).config.channel_group
        self._policies = Policies(self.group)
        self.membership = Membership(
            _msps(self.group),
            ed25519_allowed=_WITH_ED25519 in self.capabilities["Channel"],
            verdicts=verdicts,
        )

    @property
    def acls(self) -> Mapping[str, str]:
        """The policy's path for each resource that does not have Fabric's own."""
        return self.decoded.acls

    @property
    def capabilities(self) -> Mapping[str, tuple[str, ...]]:
        """Names of capabilities by group: `Channel`, `Orderer`, `Application`."""
        return self.decoded.capabilities

    @property
    def ordering(self) -> Ordering:
        """Who makes the blocks, and how."""
        return self.decoded.ordering

    @property
    def bft(self) -> bool:
        """Blocks are signed by a quorum of consenters."""
        return self.ordering.type == "BFT"

    @property
    def understood(self) -> bool:
        """The channel's capabilities are among those whose rules this package follows."""
        return not _UNDERSTOOD.isdisjoint(self.capabilities["Channel"])

    def policy(self, path: str) -> Policy:
        """A policy by its path, such as `/Channel/Application/Endorsement`.

        One that the channel does not have is satisfied by nobody, as in Fabric.
        """
        return self.get_policy(path) or NoPolicy()

    def get_policy(self, path: str) -> Policy | None:
        """A policy by its path; None if the channel does not have it."""
        return self._policies.get(path.removeprefix(_ROOT)) if path else None

    def group_policies(self, path: tuple[str, ...]) -> Policies | None:
        """The policies of a group, by its names below the channel's group; None if it is not there."""
        found: Policies | None = self._policies
        for name in path:
            found = found.groups.get(name) if found is not None else None
        return found


def _msps(channel: Any) -> Iterator[Any]:
    """Definitions of organisations, `msp.MSPConfig`; each once."""
    seen: dict[str, Any] = {}
    for group in channel.groups.values():
        for organization in group.groups.values():
            if "MSP" not in organization.values:
                continue
            config = wire.parse(m.msp_config.MSPConfig, organization.values["MSP"].value)
            name = wire.parse(m.msp_config.FabricMSPConfig, config.config).name
            if name not in seen:
                seen[name] = config
                yield config
            elif seen[name] != config:
                raise DecodeError(f"two different definitions of the organisation {name}")
