"""Certificate authorities."""

from kindpakket.hfc.fabric_ca.caservice import CAClient

__all__ = ["CAClient"]
