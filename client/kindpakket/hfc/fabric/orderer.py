"""An orderer as a profile names it. The gateway speaks to orderers; a client has no need to."""

from __future__ import annotations


class Orderer:
    """A name and an address.

    Attributes:
        name: its name in the profile.
        endpoint: host and port.
    """

    def __init__(self, name: str = "orderer", endpoint: str = "localhost:7050") -> None:
        self.name = name
        self.endpoint = endpoint
