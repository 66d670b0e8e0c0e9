"""The guide's desk and phone: two processes, and between them only what cameras see."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fabric_gateway.ca import Enrolment
from fabric_gateway.testing import MemoryGateway, make_enrolment, make_identity
from samples_layout import Organisation, lay_out
from sdk_programs import DEADLINE, module, started

QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
NAME = "peer0.org1.example.com"
basic: Any = module("web/basic.py").basic
codes: Any = module("phone/codes.py")


@pytest.fixture
def peer() -> Iterator[MemoryGateway]:
    with MemoryGateway({"basic": basic}, channel="mychannel", tls=True, server_name=NAME) as memory:
        with memory.connect(make_identity()) as gateway:
            gateway.network("mychannel").contract("basic").submit("InitLedger")
        yield memory


@pytest.fixture
def holder() -> Enrolment:
    return make_enrolment("holder")


@contextmanager
def desk(peer: MemoryGateway, holder: Enrolment, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The desk, which is given the certificate and never the key."""
    lay_out(folder, Organisation(1, peer.endpoint, NAME, peer.tls_root or b"", make_enrolment()), "ca")
    certificate = folder / "holder.pem"
    certificate.write_bytes(holder.certificate)
    profile = folder / "peerOrganizations/org1.example.com/connection-org1.json"
    with started("phone/desk.py", profile, certificate, "asset1", "Ann") as process:
        yield process


@contextmanager
def phone(holder: Enrolment, folder: Path) -> Iterator[subprocess.Popen[str]]:
    key = folder / "key.pem"
    key.write_bytes(holder.key)
    with started("phone/phone.py", key) as process:
        yield process


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None and process.stderr is not None
    text = process.stdout.readline()
    assert text, process.stderr.read()
    return text


def tell(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{text.strip()}\n")
    process.stdin.flush()


def seen(text: str) -> str:
    """A line as a camera sees it: drawn as QR codes, and read from the pictures in the wrong order."""
    texts = []
    for code in reversed(codes.codes_of(text.strip())):
        picture = BytesIO()
        code.save(picture, kind="png", scale=4)
        (found,) = zxingcpp.read_barcodes(Image.open(picture), formats=QR_CODES)
        texts.append(found.text)
    assert codes.line_of(texts[1:]) is None, "without the last code there is no line"
    read: str = codes.line_of(texts)
    return read


def test_a_phone_signs_what_a_desk_submits(peer: MemoryGateway, holder: Enrolment, tmp_path: Path) -> None:
    with desk(peer, holder, tmp_path) as online, phone(holder, tmp_path) as offline:
        for _ in range(2):
            tell(offline, seen(said(online)))
            tell(online, seen(said(offline)))
        assert online.wait(DEADLINE) == 0
        assert online.stderr is not None and offline.stderr is not None
        assert online.stderr.read() == "VALID; the former owner was Tomoko\n"
        shown = [offline.stderr.readline() for _ in range(2)]
        assert shown == ["mychannel: basic\n", "TransferAsset(asset1, Ann)\n"]
    assert json.loads(peer.get("asset1") or b"")["Owner"] == "Ann"


@given(st.text(max_size=3000), st.data())
def test_a_line_is_whole_again_once_every_part_was_seen(text: str, data: st.DataObject) -> None:
    """A camera sees codes in any order, and some of them several times."""
    parts = codes.parts_of(text)
    order = data.draw(st.permutations(parts))
    again = data.draw(st.lists(st.sampled_from(parts)))
    assert codes.line_of([*again, *order]) == text
    missing = data.draw(st.sampled_from(parts))
    assert codes.line_of([part for part in parts if part != missing]) is None


def test_a_phone_does_not_sign_another_transaction(
    peer: MemoryGateway, holder: Enrolment, tmp_path: Path
) -> None:
    """A desk that shows one thing and wants a signature for another gets none."""
    public = holder.identity("Org1MSP").certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    with memory_proposal(peer, holder, "Ann") as shown, memory_proposal(peer, holder, "Eve") as wanted:
        transaction = wanted.endorse()
        with phone(holder, tmp_path) as offline:
            tell(offline, line(proposal=shown.bytes))
            (signature,) = json.loads(said(offline))
            public.verify(b64decode(signature), shown.bytes, ec.ECDSA(hashes.SHA256()))
            tell(offline, line(transaction=transaction.bytes, status=b""))
            assert refused(offline) == "this transaction is not the one that was shown\n"
        with phone(holder, tmp_path) as offline:
            tell(offline, line(proposal=shown.bytes, transaction=transaction.bytes))
            assert refused(offline) == "it is not known how to sign proposal, transaction\n"


def line(**wanted: bytes) -> str:
    return json.dumps({name: b64encode(content).decode() for name, content in wanted.items()})


def refused(process: subprocess.Popen[str]) -> str:
    """The last line that a phone shows when it ends without signing."""
    assert process.wait(DEADLINE) == 1
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.read() == ""
    return process.stderr.readlines()[-1]


@contextmanager
def memory_proposal(peer: MemoryGateway, holder: Enrolment, owner: str) -> Iterator[Any]:
    with peer.connect(holder.identity("Org1MSP")) as gateway:
        yield gateway.network("mychannel").contract("basic").proposal("TransferAsset", "asset1", owner)
