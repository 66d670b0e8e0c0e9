"""A view's tables as files: CSV, XLSX or Parquet, each with its data dictionary, and its block and hash."""

from __future__ import annotations

from kindpakket.ledgerview.exports.export import FORMATS, Exported, ExportFormat, export

__all__ = ["FORMATS", "ExportFormat", "Exported", "export"]
