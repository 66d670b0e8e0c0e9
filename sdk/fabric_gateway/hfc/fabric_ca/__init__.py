"""Certificate authorities."""

from fabric_gateway.hfc.fabric_ca.caservice import CAClient

__all__ = ["CAClient"]
