"""Vouchers of public bodies on Hyperledger Fabric.

Connect to your organisation's peer with `connect`, take the chaincode's contract, and open the facade for
your role:

| you are | you open |
|---|---|
| the municipality's back office | `Municipality(contract)`: schemes, shops, vouchers, settlements, erasures |
| a shop's till | `Shop(contract, shop_id)`: payments, holds, refunds, and what the shop is owed |
| a holder | `HolderKey` or `Booklet`: authorises a shop's order, offline |
| the auditor | `Auditor(contract, network)`: every query, every block, and the audit |
| any other Fabric client | `fabric_gateway`, a distribution of its own, which knows nothing about vouchers |

    with connect("profile.yaml", identity) as gateway:
        municipality = Municipality(gateway.network("zuidhorn").contract("kindpakket"))
        municipality.schemes.open(scheme)

`Refusal` is raised when the chaincode refuses a request: nothing was changed. `UnknownOutcome` is the only
error after which a change may still take effect.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from kindpakket import _former_names

if TYPE_CHECKING:
    from fabric_gateway import Identity, Profile, UnknownOutcome, connect
    from kindpakket.auditor import Auditor
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

# A till does not need the auditor, and `fabric_gateway` needs none of these, so each name is imported on
# first # use.
_MODULES = {
    "Auditor": "kindpakket.auditor",
    "Booklet": "kindpakket.holder",
    "HolderKey": "kindpakket.holder",
    "Identity": "fabric_gateway",
    "Municipality": "kindpakket.municipality",
    "Profile": "fabric_gateway",
    "Refusal": "kindpakket.ledger.refusals",
    "Shop": "kindpakket.shop",
    "UnknownOutcome": "fabric_gateway",
    "connect": "fabric_gateway",
}

_former_names.install()  # kindpakket.fabric and kindpakket.hfc


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
