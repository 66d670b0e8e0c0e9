"""Connection profiles: what is read, and what a mistake says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fabric_gateway import (
    CertificateAuthority,
    Channel,
    Orderer,
    Peer,
    Profile,
    ProfileError,
    Registrar,
)
from fabric_gateway._connection.targets import resolve
from fabric_gateway.profile import ClientCertificate
from fabric_gateway.testing import make_enrolment, make_identity

CERTIFICATE = make_identity().certificate_pem.decode()

PROFILE: dict[str, Any] = {
    "version": "1.0.0",
    "name": "kindpakket-gemeente",
    "client": {"organization": "gemeente"},
    "organizations": {
        "gemeente": {
            "mspid": "GemeenteMSP",
            "peers": ["peer0.gemeente", "peer1.gemeente"],
            "certificateAuthorities": ["ca.gemeente"],
        },
        "winkels": {"mspid": "WinkelsMSP"},
    },
    "peers": {
        "peer0.gemeente": {
            "url": "grpcs://127.0.0.1:7051",
            "tlsCACerts": {"path": "tls/ca.pem"},
            "grpcOptions": {"ssl-target-name-override": "peer0.gemeente"},
        },
        "peer1.gemeente": {"url": "grpc://127.0.0.1:8051"},
    },
    "certificateAuthorities": {
        "ca.gemeente": {
            "url": "https://127.0.0.1:7054",
            "caName": "ca-gemeente",
            "tlsCACerts": {"pem": [CERTIFICATE]},
        }
    },
    "orderers": {"orderer.gemeente": {"url": "grpcs://127.0.0.1:7050"}},
    "channels": {
        "zuidhorn": {"peers": {"peer0.gemeente": {}}, "orderers": ["orderer.gemeente"]},
        "groningen": {"peers": ["peer1.gemeente"]},
    },
}


def write(folder: Path, content: Any) -> Path:
    (folder / "tls").mkdir(exist_ok=True)
    (folder / "empty").mkdir(exist_ok=True)
    (folder / "tls" / "ca.pem").write_text(CERTIFICATE)
    file = folder / "profile.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


def test_a_profile_is_read(tmp_path: Path) -> None:
    profile = Profile.load(write(tmp_path, PROFILE))
    assert (profile.name, profile.organization, profile.mspid) == (
        "kindpakket-gemeente",
        "gemeente",
        "GemeenteMSP",
    )
    roots = CERTIFICATE.encode()
    first = Peer("peer0.gemeente", "127.0.0.1:7051", True, roots, "peer0.gemeente")
    assert profile.peer() == first
    assert profile.peer("peer1.gemeente") == Peer("peer1.gemeente", "127.0.0.1:8051", False, None, None)
    authority = profile.certificate_authorities["ca.gemeente"]
    assert authority == CertificateAuthority("ca.gemeente", "https://127.0.0.1:7054", "ca-gemeente", roots)
    assert profile.organizations["gemeente"].certificate_authorities == ("ca.gemeente",)
    assert profile.channels == {
        "zuidhorn": Channel("zuidhorn", ("peer0.gemeente",), ("orderer.gemeente",)),
        "groningen": Channel("groningen", ("peer1.gemeente",), ()),
    }
    assert profile.orderers == {
        "orderer.gemeente": Orderer("orderer.gemeente", "127.0.0.1:7050", True, None, None)
    }


def test_json_is_read_too(tmp_path: Path) -> None:
    file = write(tmp_path, {})
    file.write_text(json.dumps(PROFILE))
    assert Profile.load(str(file)).mspid == "GemeenteMSP"


def changed(path: str, value: Any) -> Any:
    content = copy.deepcopy(PROFILE)
    *parents, last = path.split("/")
    at = content
    for name in parents:
        at = at[name]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return content


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("client", None, "client is missing"),
        ("client/organization", None, "client.organization is missing"),
        (
            "client/organization",
            "utrecht",
            "client.organization is 'utrecht', which is not among organizations",
        ),
        ("organizations", [], "organizations must be a mapping, not list"),
        ("organizations/gemeente/mspid", None, "organizations.gemeente.mspid is missing"),
        ("organizations/gemeente/mspid", 7, "organizations.gemeente.mspid must be text, not int"),
        ("organizations/gemeente/mspid", "", "organizations.gemeente.mspid must be text, not empty"),
        ("organizations/gemeente/peers", "peer0", "organizations.gemeente.peers must be a list of names"),
        (
            "organizations/gemeente/peers",
            ["peer9"],
            "organizations.gemeente.peers names 'peer9', which is not",
        ),
        ("peers/peer0.gemeente/url", None, "peers.peer0.gemeente.url is missing"),
        (
            "peers/peer0.gemeente/url",
            "https://x:1",
            "peers.peer0.gemeente.url is 'https://x:1': it must be grpcs",
        ),
        (
            "peers/peer0.gemeente/url",
            "grpcs://x",
            "peers.peer0.gemeente.url is 'grpcs://x': it must be grpcs",
        ),
        ("peers/peer0.gemeente/url", "grpcs://x:port", "peers.peer0.gemeente.url is 'grpcs://x:port': Port"),
        ("peers/peer0.gemeente/tlsCACerts", {}, "peers.peer0.gemeente.tlsCACerts.path is missing"),
        (
            "peers/peer0.gemeente/tlsCACerts/path",
            "no.pem",
            "path is 'no.pem', which cannot be read: No such file",
        ),
        ("peers/peer0.gemeente/tlsCACerts", {"pem": "x"}, "tlsCACerts.pem holds no certificate in PEM"),
        ("certificateAuthorities/ca.gemeente/url", "x", "certificateAuthorities.ca.gemeente.url is 'x'"),
        (
            "channels/zuidhorn/peers",
            ["peer9"],
            "channels.zuidhorn.peers names 'peer9', which is not among peers",
        ),
        (
            "channels/zuidhorn/orderers",
            ["orderer9"],
            "channels.zuidhorn.orderers names 'orderer9', which is not among orderers",
        ),
        (
            "orderers/orderer.gemeente/url",
            "grpcs://x:1/y",
            "orderers.orderer.gemeente.url is 'grpcs://x:1/y'",
        ),
        (
            "peers/peer0.gemeente/grpcOptions/grpc.keepalive_time_ms",
            [1],
            "peers.peer0.gemeente.grpcOptions.grpc.keepalive_time_ms must be a number or text, not list",
        ),
        (
            "certificateAuthorities/ca.gemeente/registrar",
            [{"enrollId": "admin"}],
            "certificateAuthorities.ca.gemeente.registrar.0.enrollSecret is missing",
        ),
        (
            "certificateAuthorities/ca.gemeente/registrar",
            "admin",
            "certificateAuthorities.ca.gemeente.registrar must be a mapping, not str",
        ),
        (
            "certificateAuthorities/ca.gemeente/tlsCACerts",
            {"path": "tls/ca.pem", "client": {"cert": {"path": "tls/ca.pem"}}},
            "certificateAuthorities.ca.gemeente.tlsCACerts.client cannot be used: mutual TLS needs",
        ),
        ("certificateAuthorities/ca.gemeente/tlsCACerts", {"path": "empty"}, "is 'empty', a folder with 0"),
    ],
)
def test_a_mistake_names_the_file_and_the_member(tmp_path: Path, path: str, value: Any, message: str) -> None:
    file = write(tmp_path, changed(path, value))
    with pytest.raises(ProfileError) as caught:
        Profile.load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)


def test_a_file_that_is_no_profile_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"nowhere\.yaml: cannot be read: No such file"):
        Profile.load(tmp_path / "nowhere.yaml")
    file = tmp_path / "profile.yaml"
    file.write_text("a: [")
    with pytest.raises(ProfileError, match="is neither YAML nor JSON"):
        Profile.load(file)
    file.write_text("just words")
    with pytest.raises(ProfileError, match="the profile must be a mapping, not str"):
        Profile.load(file)


def test_a_peer_that_is_not_there_is_named(tmp_path: Path) -> None:
    profile = Profile.load(write(tmp_path, PROFILE))
    with pytest.raises(ProfileError, match=r"no peer 'peer9' .* it has peer0\.gemeente, peer1\.gemeente"):
        profile.peer("peer9")
    without = Profile.load(write(tmp_path, changed("organizations/gemeente/peers", [])))
    with pytest.raises(ProfileError, match=r"organizations\.gemeente\.peers is empty"):
        without.peer()


SAMPLES: dict[str, Any] = {
    "name": "test-network-org1",
    "version": "1.0.0",
    "client": {
        "organization": "Org1",
        "connection": {"timeout": {"peer": {"endorser": "300"}}},
        "credentialStore": {"path": "store"},
    },
    "organizations": {
        "Org1": {
            "mspid": "Org1MSP",
            "peers": ["peer0.org1.example.com"],
            "certificateAuthorities": ["ca.org1.example.com"],
        }
    },
    "peers": {
        "peer0.org1.example.com": {
            "url": "grpcs://localhost:7051",
            "tlsCACerts": {"pem": CERTIFICATE},
            "grpcOptions": {
                "ssl-target-name-override": "peer0.org1.example.com",
                "hostnameOverride": "peer0.org1.example.com",
            },
        }
    },
    "certificateAuthorities": {
        "ca.org1.example.com": {
            "url": "https://localhost:7054",
            "caName": "ca-org1",
            "tlsCACerts": {"pem": [CERTIFICATE]},
            "httpOptions": {"verify": False},
        }
    },
}


def test_a_profile_of_fabrics_samples_is_read(tmp_path: Path) -> None:
    """The shape that `test-network/organizations/ccp-generate.sh` of fabric-samples writes."""
    for suffix, content in (("json", json.dumps(SAMPLES)), ("yaml", yaml.safe_dump(SAMPLES))):
        file = tmp_path / f"connection-org1.{suffix}"
        file.write_text(content)
        profile = Profile.load(file)
        assert profile.mspid == "Org1MSP"
        peer = profile.peer()
        assert (peer.address, peer.tls, peer.server_name) == (
            "localhost:7051",
            True,
            "peer0.org1.example.com",
        )
        assert (peer.tls_roots, peer.options) == (CERTIFICATE.encode(), {})
        assert profile.certificate_authority().ca_name == "ca-org1"
        assert profile.channels == {}
        assert profile == Profile.from_mapping(SAMPLES)


def test_a_profile_of_hfc_is_read(tmp_path: Path) -> None:
    """The shape of hfc's `network.json`: addresses without a scheme, and gRPC's own names for options."""
    (tmp_path / "ca.pem").write_text(CERTIFICATE)
    content = {
        "name": "sample-network",
        "client": {"organization": "org1.example.com"},
        "organizations": {
            "org1.example.com": {
                "mspid": "Org1MSP",
                "peers": ["peer0.org1.example.com"],
                "certificateAuthorities": ["ca-org1"],
                "users": {"Admin": {"cert": "cert.pem", "private_key": "keystore"}},
            },
            "orderer.example.com": {"mspid": "OrdererMSP", "orderers": ["orderer.example.com"]},
        },
        "orderers": {
            "orderer.example.com": {
                "url": "localhost:7050",
                "grpcOptions": {"grpc.ssl_target_name_override": "orderer.example.com"},
                "tlsCACerts": {"path": "ca.pem"},
            }
        },
        "peers": {
            "peer0.org1.example.com": {
                "url": "localhost:7051",
                "eventUrl": "localhost:7053",
                "grpcOptions": {
                    "grpc.ssl_target_name_override": "peer0.org1.example.com",
                    "grpc.http2.keepalive_time": 15,
                },
                "tlsCACerts": {"path": "ca.pem"},
            }
        },
        "certificateAuthorities": {
            "ca-org1": {
                "url": "http://localhost:7054",
                "grpcOptions": {"verify": True},
                "registrar": [{"enrollId": "admin", "enrollSecret": "adminpw"}],
            }
        },
    }
    profile = Profile.from_mapping(content, tmp_path)
    peer = profile.peer()
    assert (peer.address, peer.tls, peer.server_name) == ("localhost:7051", True, "peer0.org1.example.com")
    assert peer.options == {"grpc.http2.keepalive_time": 15}
    assert profile.orderers["orderer.example.com"].tls
    assert profile.certificate_authority().registrars == (Registrar("admin", "adminpw"),)
    assert "adminpw" not in repr(profile)


def test_a_profile_of_the_sdk_for_go_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths with environment variables, and settings that mean nothing here."""
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "ca.pem").write_text(CERTIFICATE)
    monkeypatch.setenv("PROJECT_PATH", str(tmp_path))
    content = changed("peers/peer0.gemeente/tlsCACerts", {"path": "${PROJECT_PATH}/tls/ca.pem"})
    content["peers"]["peer0.gemeente"]["grpcOptions"] |= {
        "keep-alive-time": "0s",
        "fail-fast": False,
        "grpc-max-send-message-length": 10,
        "grpc.http2.max_pings_without_data": False,
    }
    content["client"]["tlsCerts"] = {"systemCertPool": True}
    content["entityMatchers"] = {"peer": [{"pattern": ".*"}]}
    profile = Profile.from_mapping(content, tmp_path / "elsewhere")
    assert profile.peer().tls_roots == CERTIFICATE.encode()
    options = {"grpc.max_send_message_length": 10, "grpc.http2.max_pings_without_data": 0}
    assert profile.peer().options == options
    monkeypatch.delenv("PROJECT_PATH")
    with pytest.raises(
        ProfileError, match=r"tlsCACerts\.path is '\$\{PROJECT_PATH\}/tls/ca\.pem', which cannot"
    ):
        Profile.from_mapping(content, tmp_path)


def test_an_address_without_a_scheme_is_without_tls_if_nothing_is_to_be_trusted(tmp_path: Path) -> None:
    content = changed("peers/peer1.gemeente/url", "127.0.0.1:8051")
    assert not Profile.load(write(tmp_path, content)).peer("peer1.gemeente").tls


def test_an_authority_may_ask_for_a_certificate_of_the_client(tmp_path: Path) -> None:
    made = make_enrolment("till")
    (tmp_path / "cert.pem").write_bytes(made.certificate)
    (tmp_path / "key.pem").write_bytes(made.key)
    for client in (
        {"cert": {"pem": made.certificate.decode()}, "key": {"path": "key.pem"}},
        {"certfile": "cert.pem", "keyfile": "key.pem"},
    ):
        content = changed(
            "certificateAuthorities/ca.gemeente/tlsCACerts", {"pem": CERTIFICATE, "client": client}
        )
        found = Profile.from_mapping(content, write(tmp_path, content).parent).certificate_authority()
        assert found.client_certificate == ClientCertificate(made.certificate, made.key)
        assert found.tls_roots == CERTIFICATE.encode()


def test_the_administrator_is_read_when_asked_for(tmp_path: Path) -> None:
    made = make_enrolment("admin")
    (tmp_path / "keystore").mkdir()
    (tmp_path / "keystore" / "a_sk").write_bytes(made.key)
    content = changed("organizations/gemeente/adminPrivateKey", {"path": "keystore"})
    content["organizations"]["gemeente"]["signedCert"] = {"pem": made.certificate.decode()}
    profile = Profile.load(write(tmp_path, content))
    admin = profile.organizations["gemeente"].admin()
    assert (admin.mspid, admin.certificate_pem) == ("GemeenteMSP", made.certificate)
    (tmp_path / "keystore" / "b_sk").write_bytes(b"")
    with pytest.raises(ProfileError, match=r"adminPrivateKey\.path is 'keystore', a folder with 2 files"):
        profile.organizations["gemeente"].admin()
    with pytest.raises(ProfileError, match=r"organizations\.winkels names no administrator"):
        profile.organizations["winkels"].admin()
    del content["organizations"]["gemeente"]["signedCert"]
    with pytest.raises(ProfileError, match=r"organizations\.gemeente\.signedCert is missing"):
        Profile.from_mapping(content, tmp_path).organizations["gemeente"].admin()


def test_an_authority_that_is_not_there_is_named(tmp_path: Path) -> None:
    profile = Profile.load(write(tmp_path, PROFILE))
    with pytest.raises(ProfileError, match=r"no certificate authority 'x' .* it has ca\.gemeente"):
        profile.certificate_authority("x")
    without = Profile.load(write(tmp_path, changed("organizations/gemeente/certificateAuthorities", None)))
    with pytest.raises(ProfileError, match=r"certificateAuthorities is empty: name at least one certificate"):
        without.certificate_authority()


def test_a_peers_own_options_reach_the_connection(tmp_path: Path) -> None:
    content = changed("peers/peer0.gemeente/grpcOptions/grpc.keepalive_time_ms", 777)
    file = write(tmp_path, content)
    assert dict(resolve(file, {})[0].options)["grpc.keepalive_time_ms"] == 777
    given = dict(resolve(file, {"channel_options": {"grpc.keepalive_time_ms": 5}})[0].options)
    assert given["grpc.keepalive_time_ms"] == 5
