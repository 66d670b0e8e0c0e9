"""What the municipality's back office does on the ledger."""

from kindpakket.municipality.bulk import BULK, bulks
from kindpakket.municipality.municipality import Municipality

__all__ = ["BULK", "Municipality", "bulks"]
