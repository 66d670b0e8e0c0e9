"""Channels: their genesis blocks, their configurations, and changes of them."""
