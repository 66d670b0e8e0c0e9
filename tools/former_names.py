"""Write what type checkers read for the SDK's former names, `kindpakket.fabric` and `kindpakket.hfc`.

    python tools/former_names.py

Beside each public module of `fabric_gateway` stands one stub, which says that the former module has the
present one's names: type checkers see the very classes that a running program gets.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SDK = ROOT / "sdk"
CLIENT = ROOT / "client" / "kindpakket"
FORMER = {"fabric": "fabric_gateway", "hfc": "fabric_gateway.hfc"}


def stubs() -> dict[Path, str]:
    """Each stub's path inside `kindpakket`, and its text."""
    found: dict[Path, str] = {}
    for former, present in FORMER.items():
        package = SDK.joinpath(*present.split("."))
        for module in sorted(package.rglob("*.py")):
            inside = module.relative_to(package)
            if former == "fabric" and inside.parts[0] == "hfc":
                continue  # kindpakket.hfc stands beside kindpakket.fabric
            parts = inside.with_suffix("").parts
            if any(part.startswith("_") and part != "__init__" for part in parts):
                continue
            name = ".".join([present, *parts]).removesuffix(".__init__")
            found[Path(former, inside).with_suffix(".pyi")] = f"from {name} import *\n"
    return found


def main() -> None:
    """Write all stubs anew."""
    for former in FORMER:
        shutil.rmtree(CLIENT / former, ignore_errors=True)
    made = stubs()
    for path, text in made.items():
        file = CLIENT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    sys.stdout.write(f"{len(made)} stubs\n")


if __name__ == "__main__":
    main()
