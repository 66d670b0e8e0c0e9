"""Calls of hfc that today's Fabric cannot answer: each says why, and what to do instead."""

from __future__ import annotations

from typing import NoReturn

from kindpakket.hfc.errors import Impossible

_LIFECYCLE = (
    "{} uses Fabric 1's lifecycle of chaincodes, which Fabric 3 does not have: package, approve and commit "
    "the chaincode with the peer command or your network's tool"
)
_CHANNELS = (
    "{} uses the orderers' system channel, which Fabric 3 does not have: create and join channels with "
    "osnadmin and the peer command, or your network's tool"
)
_UPDATES = (
    "{} writes a channel's configuration, which the Gateway does not do: update channels with configtxlator "
    "and the peer command, or your network's tool"
)
_ORDERERS = "{} asks an orderer, and clients of the Gateway ask peers only: use get_channel_config"
_INSTALLED = (
    "query_installed_chaincodes asks lscc, which Fabric 3 does not have: a peer's administrator lists "
    "packages with `peer lifecycle chaincode queryinstalled`; query_instantiated_chaincodes tells what is "
    "committed to a channel"
)
_DISCOVERY = (
    "init_with_discovery completes the profile with what peers know of one another; the Gateway does that "
    "itself at each call: name your organisation's peer in the profile"
)


class NoLongerPossible:
    """The part of a client that is refused, whatever the arguments."""

    async def channel_create(self, *arguments: object, **named: object) -> NoReturn:
        """Create a channel; raises `Impossible`."""
        raise Impossible(_CHANNELS.format("channel_create"))

    async def channel_join(self, *arguments: object, **named: object) -> NoReturn:
        """Let peers join a channel; raises `Impossible`."""
        raise Impossible(_CHANNELS.format("channel_join"))

    async def channel_update(self, *arguments: object, **named: object) -> NoReturn:
        """Update a channel; raises `Impossible`."""
        raise Impossible(_UPDATES.format("channel_update"))

    def channel_signconfigtx(self, *arguments: object, **named: object) -> NoReturn:
        """Sign an update; raises `Impossible`."""
        raise Impossible(_UPDATES.format("channel_signconfigtx"))

    def sign_channel_config(self, *arguments: object, **named: object) -> NoReturn:
        """Sign an update; raises `Impossible`."""
        raise Impossible(_UPDATES.format("sign_channel_config"))

    def extract_channel_config(self, *arguments: object, **named: object) -> NoReturn:
        """Take an update out of an envelope; raises `Impossible`."""
        raise Impossible(_UPDATES.format("extract_channel_config"))

    def generate_channel_tx(self, *arguments: object, **named: object) -> NoReturn:
        """Make the transaction that creates a channel; raises `Impossible`."""
        raise Impossible(_CHANNELS.format("generate_channel_tx"))

    async def get_channel_config_with_orderer(self, *arguments: object, **named: object) -> NoReturn:
        """A channel's configuration from an orderer; raises `Impossible`."""
        raise Impossible(_ORDERERS.format("get_channel_config_with_orderer"))

    async def chaincode_install(self, *arguments: object, **named: object) -> NoReturn:
        """Install a chaincode; raises `Impossible`."""
        raise Impossible(_LIFECYCLE.format("chaincode_install"))

    async def chaincode_instantiate(self, *arguments: object, **named: object) -> NoReturn:
        """Start a chaincode on a channel; raises `Impossible`."""
        raise Impossible(_LIFECYCLE.format("chaincode_instantiate"))

    async def chaincode_upgrade(self, *arguments: object, **named: object) -> NoReturn:
        """Upgrade a chaincode on a channel; raises `Impossible`."""
        raise Impossible(_LIFECYCLE.format("chaincode_upgrade"))

    def send_install_proposal(self, *arguments: object, **named: object) -> NoReturn:
        """Propose an installation; raises `Impossible`."""
        raise Impossible(_LIFECYCLE.format("send_install_proposal"))

    def send_instantiate_proposal(self, *arguments: object, **named: object) -> NoReturn:
        """Propose a start; raises `Impossible`."""
        raise Impossible(_LIFECYCLE.format("send_instantiate_proposal"))

    def send_upgrade_proposal(self, *arguments: object, **named: object) -> NoReturn:
        """Propose an upgrade; raises `Impossible`."""
        raise Impossible(_LIFECYCLE.format("send_upgrade_proposal"))

    async def query_installed_chaincodes(self, *arguments: object, **named: object) -> NoReturn:
        """The chaincodes on a peer; raises `Impossible`."""
        raise Impossible(_INSTALLED)

    async def init_with_discovery(self, *arguments: object, **named: object) -> NoReturn:
        """Fill in the profile by discovery; raises `Impossible`."""
        raise Impossible(_DISCOVERY)
