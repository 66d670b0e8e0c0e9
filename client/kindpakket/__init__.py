"""Vouchers of public bodies on Hyperledger Fabric.

Connect to your organisation's peer with `connect`, take the chaincode's contract, and open the facade for
your role:

| you are | you open |
|---|---|
| the municipality's back office | `Municipality(contract)`: schemes, shops, vouchers, settlements, erasures |
| a shop's till | `Shop(contract, shop_id)`: payments, holds, refunds, and what the shop is owed |
| a holder | `HolderKey` or `Booklet`: authorises a shop's order, offline |
| the auditor | `Auditor(contract, network)`: every query, every block, and the audit |
| any other Fabric client | `kindpakket.fabric`, which knows nothing about vouchers |

    with connect("profile.yaml", identity) as gateway:
        municipality = Municipality(gateway.network("zuidhorn").contract("kindpakket"))
        municipality.schemes.open(scheme)

`Refusal` is raised when the chaincode refuses a request: nothing was changed. `UnknownOutcome` is the only
error after which a change may still take effect.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kindpakket.auditor import Auditor
    from kindpakket.fabric import Identity, Profile, UnknownOutcome, connect
    from kindpakket.holder import Booklet, HolderKey
    from kindpakket.ledger.refusals import Refusal
    from kindpakket.municipality import Municipality
    from kindpakket.shop import Shop

__all__ = [
    "Auditor",
    "Booklet",
    "HolderKey",
    "Identity",
    "Municipality",
    "Profile",
    "Refusal",
    "Shop",
    "UnknownOutcome",
    "connect",
]

# A till does not need the auditor, and `kindpakket.fabric` needs none of these, so each name is imported on
# first # use.
_MODULES = {
    "Auditor": "kindpakket.auditor",
    "Booklet": "kindpakket.holder",
    "HolderKey": "kindpakket.holder",
    "Identity": "kindpakket.fabric",
    "Municipality": "kindpakket.municipality",
    "Profile": "kindpakket.fabric",
    "Refusal": "kindpakket.ledger.refusals",
    "Shop": "kindpakket.shop",
    "UnknownOutcome": "kindpakket.fabric",
    "connect": "kindpakket.fabric",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
