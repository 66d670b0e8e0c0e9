"""The municipality's back office on the ledger: one desk for each noun."""

from kindpakket.municipality.bulk import BULK, bulks
from kindpakket.municipality.municipality import Municipality

__all__ = ["BULK", "Municipality", "bulks"]
