"""The command `kindpakket`."""


def main() -> None:
    """Run the command."""
