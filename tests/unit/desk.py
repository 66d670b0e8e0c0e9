"""A network's folder and a chaincode in memory that the command is tried against."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from story import DOMAIN, SCHEME, SHOP, VOUCHER

from fabric_gateway.testing import ChaincodeRefusal, Invocation, MemoryGateway
from kindpakket.auditor.committed_requests import attributes_of
from kindpakket_cli.main import main

ATTRIBUTES = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")
CHANGE, ERASURE, PAYMENT, REQUEST = (letter * 32 for letter in "1234")
SETTLEMENT = "5" * 32
CLERK, MANAGER, TREASURER, TILL = "p-clerk", "p-manager", "p-treasurer", "p-shop"
REASON = ("--reason", "why")
ACCOUNT = {
    "iban": "NL91ABNA0417164300",
    "holder": "Boekhandel De Leeslamp",
    "kvk": "12345678",
    "contact": "post@leeslamp.example",
    "salt": "f" * 64,
}
USERS = {
    ("gemeente", "clerk"): {"kindpakket.role": "issuer", "kindpakket.person": "p-clerk"},
    ("gemeente", "manager"): {"kindpakket.role": "approver", "kindpakket.person": "p-manager"},
    ("gemeente", "treasurer"): {"kindpakket.role": "treasurer", "kindpakket.person": "p-treasurer"},
    ("winkels", "till"): {
        "kindpakket.role": "shopkeeper",
        "kindpakket.person": "p-shop",
        "kindpakket.shop": SHOP,
    },
    ("winkels", "acquirer"): {"kindpakket.role": "acquirer", "kindpakket.person": "p-acquirer"},
    ("auditor", "auditor"): {"kindpakket.role": "auditor", "kindpakket.person": "p-auditor"},
}
MSPS = {"gemeente": "GemeenteMSP", "winkels": "WinkelsMSP", "auditor": "AuditorMSP"}
MOVED = {"scheme": SCHEME, "vouchers": [{"id": VOUCHER, "cents": 1500}], "cents": 1500}
ORDERED = {
    "id": ERASURE,
    "collection": "citizens",
    "state": "ordered",
    "records": [{"id": VOUCHER, "key": "k", "sha256": "f" * 64}],
    "reason": "retention",
    "ordered_by": CLERK,
}


class Allocations:
    """A chaincode's allocations, and what was issued under them, as far as the back office looks at them."""

    def __init__(self, desk: Desk) -> None:
        self.by_id: dict[str, dict[str, Any]] = {}
        self.issued: set[str] = set()
        desk.answers |= {
            "allocation:Propose": self.propose,
            "allocation:Show": self.show,
            "allocation:List": lambda _: {"items": list(self.by_id.values()), "next": ""},
            "request:Show": lambda request: {
                "request": request["request"],
                "state": "committed" if request["request"] in self.issued else "unknown",
            },
            "voucher:Issue": self.issue,
            "voucher:TopUp": MOVED,
            "voucher:List": {
                "items": [],
                "next": "",
            },
        }
        self.desk = desk

    def propose(self, request: dict[str, Any]) -> dict[str, Any]:
        made = {
            **{name: member for name, member in request.items() if name != "request_id"},
            "id": request["request_id"],
            "state": "proposed",
            "proposed_by": CLERK,
            "proposed_at": len(self.by_id),
            "used_vouchers": 0,
            "used_cents": 0,
        }
        self.by_id[request["request_id"]] = made
        return made

    def show(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["allocation"] not in self.by_id:
            raise ChaincodeRefusal("ALLOCATION_NOT_FOUND: there is no such allocation {}")
        return self.by_id[request["allocation"]]

    def issue(self, request: dict[str, Any]) -> dict[str, Any]:
        self.issued.add(request["request_id"])
        vouchers = [{"id": line["id"], "cents": 30000} for line in request["vouchers"]]
        listed = [{"id": voucher["id"], "issued_cents": 30000} for voucher in vouchers]
        self.desk.answers["voucher:List"]["items"] += listed
        return {"scheme": SCHEME, "vouchers": vouchers, "issued_cents": 30000 * len(vouchers)}

    def decide(self, **members: str) -> str:
        """Change the newest allocation, and return its id."""
        newest = list(self.by_id.values())[-1]
        newest.update(members)
        return str(newest["id"])


class Desk:
    """A chaincode that notes what it was asked, and answers what it was told to."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"scheme:List": {"items": [], "next": ""}}
        self.asked: list[tuple[str, dict[str, Any], str]] = []
        self.transient: dict[str, bytes] = {}

    def __call__(self, call: Invocation) -> str:
        pem = call.certificate.public_bytes(serialization.Encoding.PEM)
        request = json.loads(call.arguments[0])
        self.asked.append((call.name, request, attributes_of(pem).get("kindpakket.person", "")))
        self.transient.update(call.transient)
        answer = self.answers.get(call.name, {})
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(request)
        if "request_id" in request:
            call.put(f"request/{request['request_id']}", '{"v":3}')
        return json.dumps(answer)

    def people(self) -> list[str]:
        """Who asked for something, but for what commands look up by themselves."""
        return [who for name, _, who in self.asked if name not in ("organisations:Show", "scheme:List")]

    def requests(self, name: str) -> list[dict[str, Any]]:
        return [request for asked, request, _ in self.asked if asked == name]


def write_user(folder: Path, name: str, attributes: dict[str, str]) -> None:
    """An MSP folder as the network writes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(hours=1)
    value = json.dumps({"attrs": attributes}).encode()
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(x509.UnrecognizedExtension(ATTRIBUTES, value), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "signcerts").mkdir(parents=True)
    (folder / "keystore").mkdir()
    (folder / "signcerts" / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "keystore" / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def write_home(root: Path, endpoint: str) -> Path:
    """A network's folder whose peers are all at one place."""
    for (organisation, user), attributes in USERS.items():
        folder = root / "organisations" / organisation
        write_user(folder / "users" / user / "msp", user, attributes)
        profile = {
            "client": {"organization": organisation},
            "organizations": {organisation: {"mspid": MSPS[organisation], "peers": ["peer0"]}},
            "peers": {"peer0": {"url": endpoint}},
            "channels": {DOMAIN.channel: {"peers": ["peer0"]}},
        }
        (folder / "profile.yaml").write_text(yaml.safe_dump(profile))
    topology = {
        "organisations": [
            {"name": name, "users": [{"name": user} for owner, user in USERS if owner == name]}
            for name in MSPS
        ],
        "channels": [{"name": DOMAIN.channel, "chaincodes": [{"name": DOMAIN.chaincode}]}],
    }
    (root / "topology.yaml").write_text(yaml.safe_dump(topology))
    return root


class Command:
    """Runs the command in a network's folder."""

    def __init__(self, home: Path, desk: Desk, memory: MemoryGateway) -> None:
        self.home = home
        self.desk = desk
        self.memory = memory

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(main, [*arguments, "--home", str(self.home)], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def answer(self, *arguments: str, stdin: str | None = None) -> Any:
        result = self(*arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


def settlement(state: str = "approved") -> dict[str, Any]:
    return {
        "id": SETTLEMENT,
        "scheme": SCHEME,
        "shop": SHOP,
        "state": state,
        "item_count": 1,
        "first": {"day": "2026-03-10", "id": "7" * 32},
        "last": {"day": "2026-03-10", "id": "7" * 32},
        "cents": 1500,
        "through": "2026-03-10",
        "drafted_by": "p-treasurer",
    }
