"""The list of revoked certificates of a restored organisation, and the newer one of its channel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from kindpakket_network.certificates.revocation_recovery import store_newer
from kindpakket_network.programs.home import write


def revoked(*serials: int) -> bytes:
    """A list of revoked certificates."""
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca.gemeente")])
    made = x509.CertificateRevocationListBuilder().issuer_name(name).last_update(now)
    made = made.next_update(now + timedelta(days=1))
    for serial in serials:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
        made = made.add_revoked_certificate(one)
    return made.sign(ec.generate_private_key(ec.SECP256R1()), SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("restored", "channel", "kept"),
    [((), (7,), True), ((7,), (7, 8), True), ((7, 8), (7,), False), ((7,), (7,), False), (None, (7,), True)],
)
def test_what_the_channel_revokes_beyond_the_backup_is_kept(
    tmp_path: Path, restored: tuple[int, ...] | None, channel: tuple[int, ...], kept: bool
) -> None:
    if restored is not None:
        write(tmp_path / "ca.pem", revoked(*restored))
    lists = [revoked(*channel)]
    for _ in range(2):
        store_newer(tmp_path, lists)
        assert len(list(tmp_path.glob("kept-*.pem"))) == int(kept)
