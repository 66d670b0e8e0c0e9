"""Backups: making, verifying and restoring them."""
