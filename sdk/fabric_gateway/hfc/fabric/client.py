"""The client: what programs of hfc do nearly everything with."""

from __future__ import annotations

from fabric_gateway.hfc.fabric._discovered import Discovered
from fabric_gateway.hfc.fabric._impossible import NoLongerPossible
from fabric_gateway.hfc.fabric._joining import Joining
from fabric_gateway.hfc.fabric._queries import Queries


class Client(Queries, Discovered, Joining, NoLongerPossible):
    """A client of the networks that a connection profile describes, with the calls of `hfc.fabric.Client`.

    Its coroutines run in one event loop, or in several: connections belong to the loop that uses them.

    Args:
        net_profile: path of the connection profile, JSON or YAML; without it the client knows no peers.

    Raises:
        OSError: the profile, or a user's file that it names, cannot be read.
        ProfileError: a member of the profile cannot be used.
        ValueError: the profile is neither JSON nor YAML.
    """
