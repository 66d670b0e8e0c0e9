"""Who asks: a user with an enrolment, kept in a store in the form that hfc gives it there."""

from __future__ import annotations

import binascii
import io
import pickle
from typing import Any

from cryptography.hazmat.primitives import serialization

from fabric_gateway import Identity
from fabric_gateway.hfc.fabric._material import Material, read
from fabric_gateway.hfc.fabric_ca._rest import pem_of
from fabric_gateway.hfc.fabric_ca.caservice import Enrollment
from fabric_gateway.hfc.util.crypto.crypto import Ecies, ecies
from fabric_gateway.hfc.util.keyvaluestore import KeyValueStore

_KEPT = ("name", "org", "roles", "affiliation", "account", "enrollment_secret", "msp_id")
"""What the store keeps of a user besides the enrolment."""


class User:
    """A user of an organisation. Each property that is set is written to the store at once.

    A user whose name the store knows comes back with what was kept, also with what hfc itself kept.

    Args:
        name: the user's name.
        org: name of the organisation.
        state_store: where the user is kept; None: nowhere.

    Raises:
        IOError: the store holds something else under this user's name, or cannot be written.
    """

    def __init__(self, name: str, org: str, state_store: KeyValueStore | None) -> None:
        self._state_store = state_store
        self._state_store_key = f"user.{name}.{org}"
        self._name = name
        self._org = org
        self._roles: list[str] = []
        self._affiliation: str | None = None
        self._account: Any = None
        self._enrollment_secret: str | None = None
        self._msp_id: str | None = None
        self._enrollment: Enrollment | None = None
        self._cryptoSuite: Ecies | None = None
        kept = state_store.get_value(self._state_store_key) if state_store else None
        if kept:
            self._restore(kept)
        else:
            self._save()

    @property
    def name(self) -> str:
        """The user's name."""
        return self._name

    @property
    def org(self) -> str:
        """Name of the organisation."""
        return self._org

    @property
    def roles(self) -> list[str]:
        """Roles, which hfc keeps and does not use."""
        return self._roles

    @roles.setter
    def roles(self, roles: list[str]) -> None:
        self._roles = roles
        self._save()

    @property
    def account(self) -> Any:
        """An account, which hfc keeps and does not use."""
        return self._account

    @account.setter
    def account(self, account: Any) -> None:
        self._account = account
        self._save()

    @property
    def affiliation(self) -> str | None:
        """The affiliation, which hfc keeps and does not use."""
        return self._affiliation

    @affiliation.setter
    def affiliation(self, affiliation: str | None) -> None:
        self._affiliation = affiliation
        self._save()

    @property
    def enrollment_secret(self) -> str | None:
        """The secret that the user was registered with, if the program kept it."""
        return self._enrollment_secret

    @enrollment_secret.setter
    def enrollment_secret(self, enrollment_secret: str | None) -> None:
        self._enrollment_secret = enrollment_secret
        self._save()

    @property
    def msp_id(self) -> str | None:
        """MSP id of the organisation."""
        return self._msp_id

    @msp_id.setter
    def msp_id(self, msp_id: str | None) -> None:
        self._msp_id = msp_id
        self._save()

    @property
    def cryptoSuite(self) -> Ecies | None:
        """The crypto suite that hfc signs with; the gateway signs by the key's own curve."""
        return self._cryptoSuite

    @cryptoSuite.setter
    def cryptoSuite(self, cryptoSuite: Ecies | None) -> None:
        self._cryptoSuite = cryptoSuite

    @property
    def enrollment(self) -> Enrollment | None:
        """Certificate and private key."""
        return self._enrollment

    @enrollment.setter
    def enrollment(self, enrollment: Enrollment | None) -> None:
        self._enrollment = enrollment
        self._save()

    def is_registered(self) -> bool:
        """The user has a secret to enrol with."""
        return self.enrollment_secret is not None

    def is_enrolled(self) -> bool:
        """The user has a certificate."""
        return self._enrollment is not None

    def identity(self) -> Identity:
        """The user as `fabric_gateway` knows one.

        Raises:
            ValueError: the MSP id, the certificate or the key is missing.
            IdentityError: certificate or key cannot be used.
        """
        enrollment = self._enrollment
        if enrollment is None or enrollment.private_key is None or not self.msp_id:
            raise ValueError(
                f"user {self.name!r} has no MSP id, certificate or key: enrol it, or use create_user"
            )
        return Identity(self.msp_id, enrollment.cert, enrollment.private_key)

    def _save(self) -> None:
        if self._state_store is None:
            return
        state: dict[str, Any] = {member: getattr(self, f"_{member}") for member in _KEPT}
        if self._enrollment is not None and self._enrollment.private_key is not None:
            key = pem_of(self._enrollment.private_key)
            state["enrollment"] = {"private_key": key, "cert": self._enrollment.cert}
        self._state_store.set_value(
            self._state_store_key, binascii.hexlify(pickle.dumps(state, protocol=4)).decode()
        )

    def _restore(self, kept: str) -> None:
        try:
            state = _Plain(io.BytesIO(binascii.unhexlify(kept))).load()
            enrollment = state.pop("enrollment", None)
            for member in _KEPT:
                setattr(self, f"_{member}", state[member])
            if enrollment:
                key: Any = serialization.load_pem_private_key(enrollment["private_key"], password=None)
                self._enrollment = Enrollment(key, enrollment["cert"])
        except (
            binascii.Error,
            pickle.UnpicklingError,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
        ) as error:
            raise OSError(
                f"the store's entry {self._state_store_key} is not a user as hfc keeps one ({error}): "
                "remove it"
            ) from error


class _Plain(pickle.Unpickler):
    """Reads the pickles that hfc writes, which hold texts, bytes, lists and mappings, and runs no code."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"it names {module_name}.{global_name}")


def validate(user: User) -> User:
    """A user who has all that a proposal needs; for the crypto suite as hfc asks it.

    Raises:
        ValueError: something is missing.
    """
    if not user:
        raise ValueError("User cannot be empty.")
    missing = {
        "user name": user.name,
        "user enrollment": user.enrollment,
        "user enrollment cert": user.enrollment and user.enrollment.cert,
        "user enrollment key": user.enrollment and user.enrollment.private_key,
        "msp id": user.msp_id,
        "crypto suite": user.cryptoSuite,
    }
    for what, value in missing.items():
        if not value:
            raise ValueError(f"Missing {what}.")
    return user


def create_user(
    name: str,
    org: str,
    state_store: KeyValueStore | None,
    msp_id: str,
    key_path: Material | None = None,
    cert_path: Material | None = None,
    crypto_suite: Ecies | None = None,
    *,
    key_pem: Material | None = None,
    cert_pem: Material | None = None,
) -> User:
    """Make a user of a private key and a certificate, PEM.

    hfc 1.0.0 takes paths, `key_path` and `cert_path`; the repository's main takes their content, `key_pem`
    and `cert_pem`. Here each of them takes both.

    Raises:
        OSError: a file cannot be read.
        TypeError: the key or the certificate is not given.
        ValueError: the key cannot be read, or the MSP id is missing.
    """
    key, certificate = key_path or key_pem, cert_path or cert_pem
    if not key or not certificate:
        raise TypeError(
            f"create_user of {name!r} needs a private key and a certificate: key_path and cert_path"
        )
    private_key: Any = serialization.load_pem_private_key(read("key_path", key), password=None)
    enrollment = Enrollment(private_key, read("cert_path", certificate))
    return enrolled_user(name, org, state_store, msp_id, enrollment, crypto_suite)


def enrolled_user(
    name: str,
    org: str,
    state_store: KeyValueStore | None,
    msp_id: str,
    enrollment: Enrollment,
    crypto_suite: Ecies | None = None,
) -> User:
    """Make a user of an enrolment."""
    user = User(name, org, state_store)
    user.enrollment = enrollment
    user.msp_id = msp_id
    user.cryptoSuite = crypto_suite or ecies()
    return validate(user)
