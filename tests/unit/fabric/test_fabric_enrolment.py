"""Certificates with their keys in MSP folders: who can read them, and what a crash leaves."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fabric_gateway import Hash, Identity, IdentityError
from fabric_gateway.ca import Enrolment
from fabric_gateway.testing import make_enrolment

ROOT = make_enrolment("root").certificate


def issued(name: str) -> bytes:
    """The certificate of an authority under another."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")]),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        key.public_key(),
        x509.random_serial_number(),
        now,
        now + timedelta(hours=1),
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def with_chain(name: str, chain: bytes = ROOT) -> Enrolment:
    made = make_enrolment(name)
    return Enrolment(made.certificate, made.key, chain)


def test_an_enrolment_is_an_identity() -> None:
    made = make_enrolment("till", algorithm="P-384")
    assert made.name == "till"
    assert timedelta(hours=22) < made.expires - datetime.now(UTC) < timedelta(hours=24)
    identity = made.identity("Org1MSP", hash=Hash.SHA384)
    assert (identity.mspid, identity.certificate_pem, identity.hash) == (
        "Org1MSP",
        made.certificate,
        Hash.SHA384,
    )
    with pytest.raises(IdentityError, match=r"cannot be read as X\.509"):
        Enrolment(b"", made.key).expires  # noqa: B018


def test_a_saved_one_is_an_msp_folder(tmp_path: Path) -> None:
    under = issued("intermediate")
    made = with_chain("till", under + ROOT)
    folder = made.save(tmp_path / "wallet" / "till")
    assert Identity.from_msp(folder, "Org1MSP").certificate_pem == made.certificate
    assert [file.read_bytes() for file in (folder / "cacerts").iterdir()] == [ROOT]
    assert [file.read_bytes() for file in (folder / "intermediatecerts").iterdir()] == [under]
    assert Enrolment.from_msp(folder) == made
    assert sorted(path.name for path in folder.iterdir()) == [
        "cacerts",
        "intermediatecerts",
        "keystore",
        "signcerts",
    ]


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_only_the_owner_reads_keys(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        folder = with_chain("till").save(tmp_path / "till")
    finally:
        os.umask(before)
    (key,) = (folder / "keystore").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "keystore").stat().st_mode) == 0o700


def test_a_renewed_certificate_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    old, new = with_chain("till"), with_chain("till")
    old.save(tmp_path)
    (tmp_path / "signcerts" / "cert.pem").rename(tmp_path / "signcerts" / "till.pem")
    new.save(tmp_path)
    new.save(tmp_path)
    assert [path.name for path in (tmp_path / "signcerts").iterdir()] == ["till.pem"]
    assert len(list((tmp_path / "keystore").iterdir())) == 2
    assert len(list((tmp_path / "cacerts").iterdir())) == 1
    assert Enrolment.from_msp(tmp_path) == new


def test_what_does_not_belong_together_is_not_written(tmp_path: Path) -> None:
    mixed = Enrolment(make_enrolment().certificate, make_enrolment().key)
    with pytest.raises(IdentityError, match="does not belong"):
        mixed.save(tmp_path / "till")
    assert not (tmp_path / "till").exists()
    made = with_chain("till")
    made.save(tmp_path)
    (tmp_path / "signcerts" / "other.pem").write_bytes(ROOT)
    with pytest.raises(IdentityError, match="holds 2 files"):
        made.save(tmp_path)


def test_a_process_that_dies_leaves_the_old_one_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call of the operating system on the way is let fail in its turn, before and after its effect."""

    class Died(BaseException):
        pass

    old, new = with_chain("till"), with_chain("till")
    calls = ("open", "fsync", "mkdir", "unlink", "replace", "rename")
    left = 0

    def dying(name: str, after: bool) -> object:
        real = getattr(os, name)

        def act(*args: object, **kwargs: object) -> object:
            nonlocal left
            left -= 1
            if left == 0 and not after:
                raise Died
            try:
                return real(*args, **kwargs)
            finally:
                if left == 0:
                    raise Died

        return act

    seen = set()
    for after in (False, True):
        step = died = 0
        while step == died:
            step += 1
            folder = tmp_path / f"{after}-{step}"
            old.save(folder)
            left = step
            with monkeypatch.context() as patch:
                for name in calls:
                    patch.setattr(os, name, dying(name, after))
                try:
                    new.save(folder)
                except Died:
                    died = step
            found = Enrolment.from_msp(folder)
            assert found in (old, new)
            seen.add(found.key)
            new.save(folder)
            assert Enrolment.from_msp(folder) == new
        assert died > 10
    assert seen == {old.key, new.key}


def test_a_folder_without_a_key_is_told(tmp_path: Path) -> None:
    folder = with_chain("till").save(tmp_path)
    for key in (folder / "keystore").iterdir():
        key.unlink()
    with pytest.raises(IdentityError, match="holds no key of"):
        Enrolment.from_msp(folder)
