"""A channel and its events."""
