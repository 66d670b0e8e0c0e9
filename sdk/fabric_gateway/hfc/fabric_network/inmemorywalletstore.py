"""A wallet in memory."""

from __future__ import annotations

from fabric_gateway.hfc.fabric.user import User, enrolled_user
from fabric_gateway.hfc.fabric_ca.caservice import Enrollment
from fabric_gateway.hfc.util.keyvaluestore import KeyValueStore


class InMemoryWalletStore:
    """Enrolments by name."""

    def __init__(self) -> None:
        self._enrollments: dict[str, Enrollment] = {}

    def exists(self, enrollment_id: str) -> bool:
        """The wallet has the user."""
        return enrollment_id in self._enrollments

    def remove(self, enrollment_id: str) -> None:
        """Take the user out of the wallet; `KeyError` if it is not there."""
        del self._enrollments[enrollment_id]

    def put(self, enrollment_id: str, user_enrollment: Enrollment) -> None:
        """Put a user into the wallet.

        Raises:
            ValueError: `user_enrollment` is no enrolment.
        """
        if not isinstance(user_enrollment, Enrollment):
            raise ValueError('"user_enrollment" is not a valid Enrollment object')
        self._enrollments[enrollment_id] = user_enrollment

    def create_user(
        self, enrollment_id: str, org: str, msp_id: str, state_store: KeyValueStore | None = None
    ) -> User:
        """A user of the wallet, kept in the store if there is one.

        Raises:
            AttributeError: the wallet does not have the user.
        """
        if not self.exists(enrollment_id):
            raise AttributeError('"user" does not exist')
        return enrolled_user(enrollment_id, org, state_store, msp_id, self._enrollments[enrollment_id])
