"""Letters are PDF/A-2a and PDF/UA-1 by veraPDF, the validator of the PDF Association, from Maven Central."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kindpakket.backoffice.letters import Renderer, Templates
from kindpakket.backoffice.letters.sample import sample_letter

VERSION = "1.30.2"
ARTIFACT = f"org.verapdf.apps:cli:{VERSION}"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kindpakket"


@pytest.fixture(scope="session")
def validator() -> Path:
    """The validator's archive, fetched once for all checkouts."""
    if shutil.which("java") is None:
        pytest.skip("java not installed")
    path = CACHE / f"verapdf-{VERSION}.jar"
    if not path.exists():
        maven = shutil.which("mvn")
        if maven is None:
            pytest.skip("mvn not installed")
        CACHE.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as folder:
            subprocess.run(
                [
                    maven,
                    "-q",
                    "-B",
                    "dependency:copy",
                    f"-Dartifact={ARTIFACT}",
                    f"-DoutputDirectory={folder}",
                ],
                check=True,
                cwd=folder,
            )
            os.replace(Path(folder, f"cli-{VERSION}.jar"), path)  # noqa: PTH105
    return path


def verdicts(validator: Path, flavour: str, files: list[Path]) -> list[str]:
    """The validator's line about each file, which begins with PASS or FAIL."""
    done = subprocess.run(
        [shutil.which("java") or "java", "-jar", validator, "--format", "text", "-f", flavour, *files],
        check=False,
        capture_output=True,
        text=True,
    )
    return [line for line in done.stdout.splitlines() if line.startswith(("PASS", "FAIL"))]


@pytest.mark.parametrize("flavour", ["2a", "ua1"])
def test_letters_keep_to_the_standards(validator: Path, tmp_path: Path, flavour: str) -> None:
    renderer = Renderer(Templates.load())
    letters = {
        "nl": [sample_letter("nl", pages=8)],
        "en": [sample_letter("en", pages=8, addressed=False)],
        "both": [sample_letter("nl", pages=16), sample_letter("en", pages=2)],
    }
    files = []
    for name, content in letters.items():
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(renderer.render(content, invented=True).pdf)
        files.append(path)
    assert verdicts(validator, flavour, files) == [f"PASS {path} {flavour}" for path in files]


def test_the_validator_notices_a_file_that_does_not(validator: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.pdf"
    plain.write_bytes(_untagged())
    assert verdicts(validator, "ua1", [plain]) == [f"FAIL {plain} ua1"]


def _untagged() -> bytes:
    import typst

    pdf = typst.compile(b"A page without tags.", ignore_system_fonts=True, pdf_tags=False)
    assert isinstance(pdf, bytes)
    return pdf
