"""The command `kindpakket network`."""
