"""Fabric's messages as bytes. Not part of the API."""
