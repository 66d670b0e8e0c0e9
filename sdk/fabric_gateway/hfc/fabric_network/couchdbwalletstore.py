"""hfc's wallet in CouchDB, whose driver is no longer maintained."""

from __future__ import annotations

from typing import NoReturn

from fabric_gateway.hfc.errors import Impossible


class CouchDBWalletStore:
    """A wallet in CouchDB; making one raises `Impossible`."""

    def __init__(self, dbName: str, config: str = "http://localhost:5984") -> None:
        _refuse(dbName)


def _refuse(name: str) -> NoReturn:
    raise Impossible(
        f"the wallet {name!r} is in CouchDB, whose driver for Python is no longer maintained: use "
        "hfc.fabric_network.wallet.FileSystenWallet, and put each user into it with Identity.CreateIdentity"
    )
