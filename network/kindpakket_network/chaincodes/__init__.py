"""Chaincodes: packages, definitions, deployment."""
