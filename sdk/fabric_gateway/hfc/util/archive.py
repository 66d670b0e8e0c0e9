"""Packages of chaincodes, which tools make today."""

from __future__ import annotations

from typing import NoReturn

from fabric_gateway.hfc._commands import refuse
from fabric_gateway.hfc.util.consts import CC_TYPE_GOLANG


def package_chaincode(cc_path: str, cc_type: str = CC_TYPE_GOLANG) -> NoReturn:
    """Package a chaincode; raises `Impossible`."""
    refuse("package_chaincode", "package")


def lifecycle_package(code_archive: bytes, metadata: object) -> NoReturn:
    """Package a chaincode for the new lifecycle; raises `Impossible`."""
    refuse("lifecycle_package", "package")
