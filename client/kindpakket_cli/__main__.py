"""Where the program `kindpakket` begins: also in an installation that lacks what the command needs."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the command, or say in a sentence what is not installed."""
    try:
        from kindpakket_cli.main import main
    except ModuleNotFoundError as error:
        from kindpakket.extras import missing

        print(f"Error: {missing('cli', error)}", file=sys.stderr)
        sys.exit(2)
    main(prog_name="kindpakket")


if __name__ == "__main__":
    run()
