"""What a channel and a chaincode need of their gateway."""

from __future__ import annotations

from typing import Any

from fabric_gateway.hfc.fabric.client import Client


class Connected:
    """A client, and options.

    Attributes:
        client: the client; None before `Gateway.connect`.
        options: options, which hfc keeps and does not use.
    """

    def __init__(self) -> None:
        self.client: Client | None = None
        self.options: dict[str, Any] = {}

    def get_client(self) -> Client | None:
        """The client."""
        return self.client

    def get_options(self) -> dict[str, Any]:
        """The options."""
        return self.options
