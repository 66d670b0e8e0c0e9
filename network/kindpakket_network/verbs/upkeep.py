"""What keeps a network alive for years: certificates and backups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from kindpakket_network.backups.backup import Backup, Taken
from kindpakket_network.backups.contents import Manifest
from kindpakket_network.backups.restore import Restore
from kindpakket_network.backups.verification import Verification, Verified, verify_backup
from kindpakket_network.certificates.enrolment import ensure
from kindpakket_network.certificates.renewal import Renewal
from kindpakket_network.certificates.renewal_plan import Due, due
from kindpakket_network.certificates.revocation import Revocation
from kindpakket_network.nodes.authority import IDENTITIES
from kindpakket_network.nodes.issue import Issue, ensure_user_name
from kindpakket_network.nodes.session import Progress
from kindpakket_network.programs.built import programs
from kindpakket_network.programs.home import Home
from kindpakket_network.verbs.bringup import BringUp
from kindpakket_network.verbs.local import LocalNetwork, silent


class Upkeep(LocalNetwork):
    """The verbs for certificates and backups."""

    def enrol(
        self, organisation: str, user: str, attributes: Mapping[str, str] | None = None, type: str = "client"
    ) -> Path:
        """Have a certificate issued to a user, unless that was done.

        Args:
            organisation: the organisation whose CA issues it.
            user: the user's name; it stands in the certificate, so no person's name.
            attributes: attributes in the certificate.
            type: `client` or `admin`.

        Returns:
            The user's MSP folder.

        Raises:
            NetworkError: the name cannot be a user's, the CA does not run or refused, or the user has other
                attributes already.
        """
        authority = self._authority(organisation)
        self._ensure_own(organisation)
        self._ensure_exists()
        ensure_user_name(user, self._inventory.nodes())
        issue = Issue(
            self._home.user(organisation, user) / "msp", IDENTITIES, user, type, dict(attributes or {})
        )
        with self._home.locked():
            return ensure(authority, issue)

    def renew(
        self,
        holders: Collection[str] = (),
        within_days: float | None = None,
        progress: Progress = silent,
        *,
        dry_run: bool = False,
    ) -> list[Due]:
        """Renew certificates while the network goes on, one node after the other.

        Args:
            holders: only those of these nodes, `user@organisation`, or organisations; default: all.
            within_days: only those that expire within so many days; None: whenever they do.
            progress: takes a sentence about each stage.
            dry_run: only tell which.

        Returns:
            The certificates that were, or would be, renewed, with the ends that they had.

        Raises:
            NetworkError: there is no such holder, or a step failed; the next call carries on.
        """
        session = self.session(progress)
        with self._home.locked():
            found = due(session, holders, within_days)
            if not dry_run:
                Renewal(session).run(found)
            return found

    def revoke(self, holder: str, *, superseded: bool = False, progress: Progress = silent) -> int:
        """Revoke certificates, and have all channels of the organisation refuse them.

        Args:
            holder: a node, or `user@organisation`.
            superseded: only the certificates that were renewed since.
            progress: takes a sentence about each stage.

        Returns:
            How many certificates are on the organisation's list now.

        Raises:
            NetworkError: there is no such holder, the network cannot do without it, or a step failed; the
                next call carries on.
        """
        name, _, organisation = holder.partition("@")
        if not organisation:
            organisation = str(getattr(self._inventory.find(name), "organisation", ""))
        self._authority(organisation)
        session = self.session(progress)
        with self._home.locked():
            return Revocation(session, organisation).run(name, superseded=superseded)

    def backup(
        self,
        file: Path,
        recipients: Sequence[str],
        organisations: Sequence[str] = (),
        progress: Progress = silent,
    ) -> Taken:
        """Back organisations up. Every peer of theirs is stopped while it is copied, one at a time.

        Args:
            file: where to; it must not exist.
            recipients: the public keys that can read it, as `age1…`.
            organisations: which; none: all that the home acts for.
            progress: takes a sentence about each stage.

        Raises:
            NetworkError: it was not made.
        """
        session = self.session(progress)
        names = [self._authority(name).organisation for name in organisations or session.acting]
        with self._home.locked():
            return Backup(session, names).run(file, recipients)

    def verify(self, *, states: bool = True, ledgers: bool = False, progress: Progress = silent) -> Verified:
        """Verify what the peers hold.

        Args:
            states: compare the states of peers at the same block.
            ledgers: go through the hashes of every peer's blocks; each is stopped while they are copied.
            progress: takes a sentence about each stage.

        Raises:
            NetworkError: peers could not be asked.
        """
        session = self.session(progress)
        with self._home.locked():
            return Verification(session).run(states=states, ledgers=ledgers)

    def verify_backup(self, file: Path, identities: Sequence[Any], progress: Progress = silent) -> Verified:
        """See that a backup can be read, and go through the hashes of the blocks in it.

        Args:
            file: the backup.
            identities: the keys that read it, see `backup_key`.
            progress: takes a sentence about each stage.

        Raises:
            NetworkError: it cannot be read, or was damaged or changed.
        """
        self._home.create()
        return verify_backup(programs(progress), file, identities, self._home.root)

    @classmethod
    def restore(
        cls,
        home: Path | str,
        file: Path,
        identities: Sequence[Any],
        organisations: Sequence[str] = (),
        nodes: Sequence[str] = (),
        *,
        replace: bool = False,
        sha256: str | None = None,
        ordering_lost: bool = False,
        progress: Progress = silent,
    ) -> tuple[Self, Manifest]:
        """Put organisations of a backup into a home, and start them when they have caught up.

        Args:
            home: an empty folder, or one that has lost them.
            file: the backup.
            identities: the keys that read it, see `backup_key`.
            organisations: which of the backup; none: all in it.
            nodes: only these orderers and peers; the rest of their organisations is there.
            replace: move what is there of these organisations aside, instead of refusing.
            sha256: the hash that the file must have.
            ordering_lost: no consenter is left anywhere, so ordering begins anew where the peers are.
            progress: takes a sentence about each stage.

        Returns:
            The network in the home, and what the backup says about itself.

        Raises:
            ArchiveError: the file is not used, and the home is as it was.
            NetworkError: a node did not catch up; the next `up` or `restore` carries on.
        """
        place = Home(Path(home).resolve())
        with place.locked():
            chosen = Restore(place, file, identities, progress)
            manifest = chosen.place(
                organisations, nodes, replace=replace, sha256=sha256, ordering_lost=ordering_lost
            )
            place.install_builder()
        network = cls.open(home)
        with place.locked():
            BringUp(network.session(progress)).recover()
        return network, manifest
