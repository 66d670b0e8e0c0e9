"""Channels: their first blocks, their configurations, and changes of them."""
