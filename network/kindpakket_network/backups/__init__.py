"""Backups, and bringing back what they hold."""
