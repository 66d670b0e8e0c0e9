"""The auditor's books as rows of one SQLite file, so that memory stays small and a killed audit goes on."""

from kindpakket.auditor.store.books import stored_books
from kindpakket.auditor.store.rows import Rows
from kindpakket.auditor.store.shelves import Log, Shelf, ShelfSet

__all__ = ["Log", "Rows", "Shelf", "ShelfSet", "stored_books"]
