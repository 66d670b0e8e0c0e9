"""Certificates: issued, renewed, revoked."""
