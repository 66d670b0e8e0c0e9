"""What the patches of Fabric, SmartBFT and protobuf change, tested in Go beside the patched source."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from kindpakket_network.programs.patches import patched_copy, patches_in

HERE = Path(__file__).parent
TOOLS = Path(str(resources.files("kindpakket_network"))) / "data" / "tools" / "fabric"
FABRIC, SMARTBFT = "github.com/hyperledger/fabric", "github.com/hyperledger-labs/SmartBFT"


def go(folder: Path, *arguments: str) -> str:
    command = ["go", *arguments]
    environment = {**os.environ, "GOWORK": "off", "GOFLAGS": ""}
    made = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, (made.stdout + made.stderr)[-3000:]
    return made.stdout


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module that builds Fabric's programs, with the modules replaced as for the build."""
    folder = tmp_path_factory.mktemp("work")
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(TOOLS / name, folder / name)
    originals: dict[str, Path] = {}
    for patch in patches_in(TOOLS / "patches.yaml"):
        if patch.module not in originals:
            found = json.loads(go(folder, "mod", "download", "-json", patch.module))
            originals[patch.module] = Path(found["Dir"])
        patched_copy(patch, originals[patch.module], folder / "patched")
    for module in originals:
        go(folder, "mod", "edit", "-replace", f"{module}=./patched/{module.rpartition('/')[2]}")
    return folder


@pytest.mark.parametrize(
    ("module", "package", "tests"),
    [
        (FABRIC, "msp", "identities_test.go"),
        (FABRIC, "msp/cache", "cache_test.go"),
        (FABRIC, "common/cauthdsl", "policy_test.go"),
        (FABRIC, "common/ledger/util/leveldbhelper", "leveldb_helper_test.go"),
        (FABRIC, "protoutil", "shared_test.go"),
        (SMARTBFT, "internal/bft", "batcher_test.go"),
    ],
)
def test_the_patched_package_does_what_the_decision_says(
    work: Path, module: str, package: str, tests: str
) -> None:
    """Its own tests are left out, because they need modules that the build does not."""
    folder = work / "patched" / module.rpartition("/")[2] / package
    for other in folder.glob("*_test.go"):
        other.unlink()
    shutil.copyfile(HERE / "patched" / tests, folder / tests)
    assert go(work, "test", "-count=1", f"{module}/{package}").startswith("ok")
