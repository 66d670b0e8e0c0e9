"""The client."""

from kindpakket.hfc.fabric.client import Client

__all__ = ["Client"]
