"""Calls of hfc that deploy and configure: each is refused, and names the commands that replace it."""

from __future__ import annotations

from typing import NoReturn

from fabric_gateway.hfc._commands import refuse
from fabric_gateway.hfc.errors import Impossible
from fabric_gateway.hfc.util.utils import extract_channel_config

_INSTALLED = (
    "query_installed_chaincodes asks lscc, which Fabric 3 does not have: an administrator of the peer asks "
    "with `peer lifecycle chaincode queryinstalled`, or with hfc.fabric.lifecycle.Lifecycle; "
    "query_instantiated_chaincodes tells what is committed to a channel"
)


class NoLongerPossible:
    """The part of a client that is refused, whatever the arguments; each call raises `Impossible`."""

    async def channel_create(self, *arguments: object, **named: object) -> NoReturn:
        """Create a channel."""
        refuse("channel_create", "create")

    def generate_channel_tx(self, *arguments: object, **named: object) -> NoReturn:
        """Make the transaction that creates a channel."""
        refuse("generate_channel_tx", "create")

    async def channel_update(self, *arguments: object, **named: object) -> NoReturn:
        """Update a channel."""
        refuse("channel_update", "update")

    def channel_signconfigtx(self, *arguments: object, **named: object) -> NoReturn:
        """Sign an update."""
        refuse("channel_signconfigtx", "update")

    def sign_channel_config(self, *arguments: object, **named: object) -> NoReturn:
        """Sign an update."""
        refuse("sign_channel_config", "update")

    def extract_channel_config(self, config_envelope: bytes) -> bytes:
        """The update in an envelope, which hfc's own method cannot read; not refused.

        Raises:
            ValueError: the bytes are not such an envelope.
        """
        return extract_channel_config(config_envelope)

    async def chaincode_install(self, *arguments: object, **named: object) -> NoReturn:
        """Install a chaincode."""
        refuse("chaincode_install", "install")

    async def chaincode_instantiate(self, *arguments: object, **named: object) -> NoReturn:
        """Start a chaincode on a channel."""
        refuse("chaincode_instantiate", "instantiate")

    async def chaincode_upgrade(self, *arguments: object, **named: object) -> NoReturn:
        """Upgrade a chaincode on a channel."""
        refuse("chaincode_upgrade", "upgrade")

    def send_install_proposal(self, *arguments: object, **named: object) -> NoReturn:
        """Propose an installation."""
        refuse("send_install_proposal", "install")

    def send_instantiate_proposal(self, *arguments: object, **named: object) -> NoReturn:
        """Propose a start."""
        refuse("send_instantiate_proposal", "instantiate")

    def send_upgrade_proposal(self, *arguments: object, **named: object) -> NoReturn:
        """Propose an upgrade."""
        refuse("send_upgrade_proposal", "upgrade")

    async def query_installed_chaincodes(self, *arguments: object, **named: object) -> NoReturn:
        """The chaincodes on a peer."""
        raise Impossible(_INSTALLED)
