"""A client whose key is in a hardware module, here a SoftHSM token."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hardware_key import NAMED
from scenario_support import Place

SOFTHSM = shutil.which("softhsm2-util") or ""
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PROGRAM = Path(__file__).with_name("hardware_key.py")
TOKEN, PIN, LABEL = "scenario", "1234", "user"

pytestmark = pytest.mark.skipif(
    not (MODULE.exists() and SOFTHSM),
    reason="SoftHSM is not installed: apt-get install softhsm2",
)


@pytest.fixture
def environment(place: Place, tmp_path: Path) -> dict[str, str]:
    """An environment in which a SoftHSM token holds the key of a user of Org1."""
    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    environment = {**os.environ, "SOFTHSM2_CONF": str(configuration)}
    (key_file,) = (place.network.user("org1", "user") / "keystore").iterdir()
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    pkcs8 = tmp_path / "key.pem"
    pkcs8.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    token = ["--token", TOKEN, "--label", LABEL, "--id", "01", "--pin", PIN]
    for command in (
        ["--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "5678"],
        ["--import", str(pkcs8), *token],
    ):
        subprocess.run([SOFTHSM, *command], env=environment, check=True, capture_output=True, timeout=60)
    pkcs8.unlink()
    return environment


def test_a_key_in_a_token_submits_and_evaluates_at_organisations_by_name(
    place: Place, tmp_path: Path, environment: dict[str, str]
) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(place.identity("org1").certificate_pem)
    profile = place.network.profile("org1")
    program = [sys.executable, str(PROGRAM), str(profile), "Org1MSP", str(certificate), str(MODULE)]
    arguments = [*program, TOKEN, PIN, LABEL]
    done = subprocess.run(
        arguments, env=environment, stdout=subprocess.PIPE, text=True, timeout=120, check=True
    )
    assert json.loads(done.stdout) == {"endorsed": list(NAMED), "answered": ["Org1MSP", "Org2MSP"]}
