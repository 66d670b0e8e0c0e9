"""Fabric's programs, and the one place that starts processes."""
