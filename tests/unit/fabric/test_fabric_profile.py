"""Connection profiles: what is read, and what a mistake says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kindpakket.fabric import CertificateAuthority, Peer, Profile, ProfileError
from kindpakket.fabric.testing import make_identity

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
    "channels": {"zuidhorn": {"peers": {"peer0.gemeente": {}}}, "groningen": {"peers": ["peer1.gemeente"]}},
}


def write(folder: Path, content: Any) -> Path:
    (folder / "tls").mkdir(exist_ok=True)
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
    assert profile.channels == {"zuidhorn": ("peer0.gemeente",), "groningen": ("peer1.gemeente",)}


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
        ("organizations/gemeente/mspid", 7, "organizations.gemeente.mspid must be a text, not int"),
        ("organizations/gemeente/mspid", "", "organizations.gemeente.mspid must be a text, not empty"),
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
