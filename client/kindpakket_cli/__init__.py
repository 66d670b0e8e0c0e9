"""The command `kindpakket`."""
