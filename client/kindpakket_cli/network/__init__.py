"""The command `kindpakket network`: verbs of `kindpakket_network`, one file for each kind."""
