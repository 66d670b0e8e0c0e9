"""What a connection profile tells a client: organisations, peers, orderers, authorities, and the users."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fabric_gateway.hfc.errors import NoPeer
from fabric_gateway.hfc.fabric.certificateAuthority import certificateAuthority, create_ca
from fabric_gateway.hfc.fabric.channel.channel import Channel
from fabric_gateway.hfc.fabric.orderer import Orderer
from fabric_gateway.hfc.fabric.organization import Organization, create_org
from fabric_gateway.hfc.fabric.peer import Peer
from fabric_gateway.hfc.fabric.user import User
from fabric_gateway.hfc.util.keyvaluestore import FileKeyValueStore, KeyValueStore

_log = logging.getLogger(__name__)


class Profiled:
    """The part of a client that comes from its profile.

    Attributes:
        network_info: the profile as it was read.
        kv_store_path: where the users are kept, as the profile says; None if it does not.
        state_store: the store there.
        crypto_suite: kept and not used; each key signs by its own curve.
        tx_context: kept and not used.
    """

    def __init__(self, net_profile: str | os.PathLike[str] | None = None) -> None:
        self.network_info: dict[str, Any] = {}
        self.kv_store_path: str | None = None
        self.crypto_suite: Any = None
        self.tx_context: Any = None
        self._state_store: KeyValueStore | None = None
        self._organizations: dict[str, Organization] = {}
        self._peers: dict[str, Peer] = {}
        self._orderers: dict[str, Orderer] = {}
        self._CAs: dict[str, certificateAuthority] = {}
        self._channels: dict[str, Channel] = {}
        self._users: dict[str, User] = {}
        if net_profile:
            self.init_with_net_profile(net_profile)

    def init_with_net_profile(self, profile_path: str | os.PathLike[str] = "network.json") -> None:
        """Read a profile, JSON or YAML. Relative paths in it start at the working folder.

        Raises:
            OSError: the profile, or a user's file that it names, cannot be read.
            ProfileError: a member of the profile cannot be used.
            ValueError: the profile is neither JSON nor YAML.
        """
        self.network_info = _loaded(Path(profile_path))
        self.kv_store_path = self.get_net_info("client", "credentialStore", "path")
        if self.kv_store_path:
            self.state_store = FileKeyValueStore(self.kv_store_path)
        for name, organization in self._section("organizations"):
            self._organizations[name] = create_org(name, organization, self.state_store)
        for name, authority in self._section("certificateAuthorities"):
            self._CAs[name] = create_ca(name, authority)
        for name, orderer in self._section("orderers"):
            self._orderers[name] = Orderer(name)
            self._orderers[name].init_with_bundle(orderer)
        for name, peer in self._section("peers"):
            made = Peer(name)
            made.init_with_bundle(peer)
            self._peers[name] = made

    def _section(self, name: str) -> Iterable[tuple[str, dict[str, Any]]]:
        return (self.network_info.get(name) or {}).items()

    def get_net_info(self, *key_path: str) -> Any:
        """A member of the profile by its path; None if it is not there."""
        found: Any = self.network_info
        for key in key_path:
            if not isinstance(found, dict) or key not in found:
                return None
            found = found[key]
        return found

    def export_net_profile(self, export_file: str | os.PathLike[str] = "network_exported.json") -> None:
        """Write the profile to a file."""
        Path(export_file).write_text(json.dumps(self.network_info, indent=4), encoding="utf-8")

    @property
    def state_store(self) -> KeyValueStore | None:
        """Where the users are kept."""
        return self._state_store

    @state_store.setter
    def state_store(self, state_store: KeyValueStore | None) -> None:
        self._state_store = state_store

    @property
    def organizations(self) -> dict[str, Organization]:
        """Organisations by name."""
        return self._organizations

    @property
    def peers(self) -> dict[str, Peer]:
        """Peers by name."""
        return self._peers

    @property
    def orderers(self) -> dict[str, Orderer]:
        """Orderers by name."""
        return self._orderers

    @property
    def CAs(self) -> dict[str, certificateAuthority]:
        """Certificate authorities by name."""
        return self._CAs

    def get_user(self, org_name: str, name: str) -> User | None:
        """A user whom the profile names, or None."""
        organization = self._organizations.get(org_name)
        return organization.get_user(name) if organization else None

    def get_peer(self, name: str) -> Peer | None:
        """A peer by name, or None."""
        return self._peers.get(name)

    def get_orderer(self, name: str) -> Orderer | None:
        """An orderer by name, or None."""
        return self._orderers.get(name)

    def new_channel(self, name: str) -> Channel:
        """A channel by name, made known to the client if it is not yet.

        Raises:
            ValueError: the name is not one that Fabric accepts.
        """
        if name not in self._channels:
            self._channels[name] = Channel(name, self)
        return self._channels[name]

    def get_channel(self, name: str) -> Channel | None:
        """A channel that was made known, or None."""
        return self._channels.get(name)

    def set_tls_client_cert_and_key(
        self, client_key_file: str | None = None, client_cert_file: str | None = None
    ) -> bool:
        """Set the client's own TLS certificate and key for all peers and orderers; True."""
        for node in (*self._peers.values(), *self._orderers.values()):
            node.set_tls_client_cert_and_key(client_key_file, client_cert_file)
        return True

    async def close_grpc_channels(self) -> None:
        """Close the connections to all peers and orderers of the profile."""
        for node in (*self._peers.values(), *self._orderers.values()):
            await node.close()

    def targets(self, peers: Iterable[Peer | str]) -> list[Peer]:
        """The peers that a call names; as in hfc, what is neither a peer nor a name is passed over.

        Raises:
            NoPeer: a name is not in the profile, or there is no peer at all.
        """
        found = []
        for item in peers:
            if isinstance(item, Peer):
                found.append(item)
            elif not isinstance(item, str):
                _log.error("%r in the list of peers is neither a peer nor its name: ignored", item)
            elif item in self._peers:
                found.append(self._peers[item])
            else:
                names = ", ".join(self._peers) or "none"
                raise NoPeer(f"there is no peer {item!r} in the profile; it has {names}")
        if not found:
            raise NoPeer("the call names no peer: give names of peers in the profile, or Peer objects")
        return found

    def get_target_peers(self, peers: Iterable[Peer | str]) -> list[Peer]:
        """As `targets`, under the name that the repository's main has for it."""
        return self.targets(peers)

    def mspid_of(self, peer: Peer) -> str | None:
        """MSP id of a peer's organisation; None if the profile names the peer in none."""
        return next(
            (
                organization.mspid
                for organization in self._organizations.values()
                if peer.name in organization.peers
            ),
            None,
        )


def _loaded(path: Path) -> dict[str, Any]:
    """The mapping in a profile's file."""
    text = path.read_text(encoding="utf-8")
    try:
        found = json.loads(text)
    except ValueError as error:
        found = _yaml(path, text, error)
    if not isinstance(found, dict):
        raise ValueError(f"{path}: the profile must be a mapping, not {type(found).__name__}")
    return found


def _yaml(path: Path, text: str, not_json: ValueError) -> Any:
    import yaml  # noqa: PLC0415  # hfc's own profiles are JSON

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: is neither JSON ({not_json}) nor YAML ({error})") from error
