"""The client."""

from fabric_gateway.hfc.fabric.client import Client

__all__ = ["Client"]
