"""A wallet of files: a folder for each user, with its certificate and its key."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fabric_gateway.hfc.fabric.user import User, create_user
from fabric_gateway.hfc.fabric_ca._rest import pem_of
from fabric_gateway.hfc.fabric_ca.caservice import Enrollment
from fabric_gateway.hfc.util.keyvaluestore import FileKeyValueStore, KeyValueStore

_KEY = "private_sk"
_CERTIFICATE = "enrollmentCert.pem"


class FileSystenWallet:
    """A wallet of files. Its name is misspelt as hfc's is.

    Args:
        path: the folder; default: `tmp/hfc-kvs` in the working folder.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._path = Path.cwd() / "tmp" / "hfc-kvs" if path is None else Path(path)
        self._path.mkdir(parents=True, exist_ok=True)

    def exists(self, enrollment_id: str) -> bool:
        """The wallet has the user."""
        return self.folder(enrollment_id).exists()

    def folder(self, enrollment_id: str) -> Path:
        """The folder of a user, there or not."""
        return self._path / enrollment_id

    def remove(self, enrollment_id: str) -> None:
        """Take the user out of the wallet."""
        folder = self.folder(enrollment_id)
        if folder.is_dir():
            shutil.rmtree(folder)

    def create_user(
        self, enrollment_id: str, org: str, msp_id: str, state_store: KeyValueStore | None = None
    ) -> User:
        """A user of the wallet. Its state is kept in the wallet's own folder; `state_store` is not used.

        Raises:
            AttributeError: the wallet does not have the user.
        """
        if not self.exists(enrollment_id):
            raise AttributeError('"user" does not exist')
        folder = self.folder(enrollment_id)
        store = FileKeyValueStore(self._path)
        return create_user(enrollment_id, org, store, msp_id, folder / _KEY, folder / _CERTIFICATE)


class Identity:
    """A name and an enrolment, to be put into a wallet.

    Raises:
        ValueError: `user` is no enrolment, or one without a key.
    """

    def __init__(self, enrollment_id: str, user: Enrollment) -> None:
        if not isinstance(user, Enrollment) or user.private_key is None:
            raise ValueError('"user" is not a valid Enrollment object')
        self._enrollment_id = enrollment_id
        self._certificate = user.cert
        self._key = pem_of(user.private_key)

    def CreateIdentity(self, Wallet: FileSystenWallet) -> None:
        """Put it into the wallet. The key's file is readable by its owner only."""
        folder = Wallet.folder(self._enrollment_id)
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._key)
        (folder / _CERTIFICATE).write_bytes(self._certificate)
