"""The verbs for certificates and backups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from kindpakket_network.backups.backup import Backup, Taken
from kindpakket_network.backups.contents import Manifest
from kindpakket_network.backups.rebuild import Rebuild, Rebuilt
from kindpakket_network.backups.restore import Restore
from kindpakket_network.backups.verification import Verification, Verified, verify_backup
from kindpakket_network.certificates.enrolment import ensure
from kindpakket_network.certificates.expired import ensure_usable
from kindpakket_network.certificates.renewal import Renewal
from kindpakket_network.certificates.renewal_plan import Due, due
from kindpakket_network.certificates.revocation import Revocation
from kindpakket_network.certificates.root_renewal import (
    INTRODUCE,
    REPLACE,
    RETIRE,
    RootRenewal,
    unfinished_roots,
)
from kindpakket_network.errors import NetworkError
from kindpakket_network.nodes.authority import IDENTITIES
from kindpakket_network.nodes.issue import Issue, ensure_user_name
from kindpakket_network.nodes.orderer import Orderer
from kindpakket_network.nodes.own_organisations import acts_for_all
from kindpakket_network.nodes.own_tokens import ensure_tokens
from kindpakket_network.nodes.peer import Peer
from kindpakket_network.nodes.session import Progress
from kindpakket_network.programs.fabric import programs
from kindpakket_network.programs.home import Home
from kindpakket_network.verbs.bringup import BringUp
from kindpakket_network.verbs.local import LocalNetwork, silent


class Upkeep(LocalNetwork):
    """Certificates and backups."""

    def enrol(
        self, organisation: str, user: str, attributes: Mapping[str, str] | None = None, type: str = "client"
    ) -> Path:
        """Issue a certificate to a user, unless the user has one.

        Args:
            organisation: the organisation whose CA issues it.
            user: the user's name; it is part of the certificate, so not a person's name.
            attributes: attributes in the certificate.
            type: `client` or `admin`.

        Returns:
            The user's MSP folder.

        Raises:
            NetworkError: the name is not a valid user name, the CA is down or refused, or the user already
                has different attributes.
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
        """Renew certificates while the network keeps running, one node after the other.

        Args:
            holders: restrict to these nodes, `user@organisation`, or organisations; empty: all.
            within_days: restrict to those that expire within this number of days; None: all.
            progress: called with a sentence about each stage.
            dry_run: only return which would be renewed.

        Returns:
            The certificates that were, or would be, renewed, with their previous expiry.

        Raises:
            NetworkError: there is no such holder, or a step failed; the next call resumes.
        """
        session = self.session(progress)
        with self._home.locked():
            found = due(session, holders, within_days)
            if not dry_run:
                Renewal(session).run(found)
            return found

    def renew_roots(
        self,
        step: str,
        organisations: Sequence[str] = (),
        progress: Progress = silent,
        *,
        dry_run: bool = False,
    ) -> list[str]:
        """Take a step of the renewal of organisations' roots while the network keeps running.

        Args:
            step: `introduce`, `replace` or `retire`; see `certificates.root_renewal`.
            organisations: the organisations; empty: all.
            progress: called with a sentence about each stage.
            dry_run: only return what would be done.

        Returns:
            What was, or would be, done, a sentence each.

        Raises:
            Waiting: other organisations must sign; the next call resumes.
            NetworkError: the step cannot be taken now, or it failed; the next call resumes.
        """
        session = self.session(progress)
        names = [self._authority(name).organisation for name in organisations or session.own_organisations]
        with self._home.locked():
            renewal = RootRenewal(session, tuple(names))
            steps = list(renewal.steps(step))
            if not dry_run:
                {INTRODUCE: renewal.introduce, REPLACE: renewal.replace, RETIRE: renewal.retire}[step]()
            return steps

    def unfinished_roots(self) -> list[str]:
        """What is to be done next about roots that are being renewed, a sentence for each organisation.

        Raises:
            NetworkError: there is no network in the home.
        """
        self._ensure_exists()
        whole = acts_for_all(self._topology, self._home)
        return unfinished_roots(self._inventory, self.own_organisations, whole=whole)

    def revoke(self, holder: str, *, superseded: bool = False, progress: Progress = silent) -> int:
        """Revoke certificates, and have all channels of the organisation refuse them.

        Args:
            holder: a node, or `user@organisation`.
            superseded: only certificates that have been replaced by renewal.
            progress: called with a sentence about each stage.

        Returns:
            The number of certificates on the organisation's revocation list.

        Raises:
            NetworkError: there is no such holder, the network depends on it, or a step failed; the next call
                resumes.
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
        """Back up organisations. Their peers are stopped one at a time while they are copied.

        Args:
            file: the file to write; it must not exist.
            recipients: the public keys that can decrypt it, as `age1…`.
            organisations: the organisations; empty: all that the home acts for.
            progress: called with a sentence about each stage.

        Raises:
            NetworkError: the backup could not be made.
        """
        session = self.session(progress)
        names = [self._authority(name).organisation for name in organisations or session.own_organisations]
        with self._home.locked():
            return Backup(session, names).run(file, recipients)

    def verify(self, *, states: bool = True, ledgers: bool = False, progress: Progress = silent) -> Verified:
        """Verify the peers' states and ledgers.

        Args:
            states: compare the states of peers at the same block.
            ledgers: check the hash chain of every peer's blocks; each is stopped while they are copied.
            progress: called with a sentence about each stage.

        Raises:
            NetworkError: peers could not be queried.
        """
        session = self.session(progress)
        with self._home.locked():
            return Verification(session).run(states=states, ledgers=ledgers)

    def rebuild(self, node: str, progress: Progress = silent, *, drop_private: bool = False) -> Rebuilt:
        """Delete the ledger of an orderer or a peer, and have it fetch everything again.

        Args:
            node: its name.
            progress: called with a sentence about each stage, and about the blocks that it has.
            drop_private: delete a peer's private data as well, as when their store is damaged, too; what no
                other member's peer has is lost.

        Raises:
            NetworkError: there is no such node, or the rest of the network does not have its blocks, and
                nothing was deleted; or a step failed, and the next `up` or `rebuild` resumes.
        """
        found = self._inventory.find(node)
        if not isinstance(found, Orderer | Peer):
            raise NetworkError(f"{node} has no ledger: name an orderer or a peer")
        self._ensure_own(found.organisation)
        ensure_usable(self._topology, self._home, self._inventory, node)
        session = self.session(progress)
        with self._home.locked():
            rebuild = Rebuild(session, found)
            rebuild.ensure_possible()
            return rebuild.run(drop_private=drop_private)

    def verify_backup(self, file: Path, identities: Sequence[Any], progress: Progress = silent) -> Verified:
        """Check that a backup can be decrypted, and check the hash chains of the blocks in it.

        Args:
            file: the backup.
            identities: the keys that decrypt it, see `kindpakket_network.backups.key`.
            progress: called with a sentence about each stage.

        Raises:
            NetworkError: it cannot be read, or was damaged or modified.
        """
        self._home.create()
        return verify_backup(self._cached() or programs(progress), file, identities, self._home.root)

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
        """Restore organisations from a backup into a home, have their nodes catch up, and start them.

        Args:
            home: an empty folder, or a home that has lost them.
            file: the backup.
            identities: the keys that decrypt it, see `kindpakket_network.backups.key`.
            organisations: the organisations to restore; empty: all in the backup.
            nodes: restore only these orderers and peers; the home has the rest of their organisations.
            replace: move existing files out of the way instead of refusing.
            sha256: the hash that the file must have, in hexadecimal; None: not checked.
            ordering_lost: every consenter has been lost, so ordering restarts from the peers' blocks.
            progress: called with a sentence about each stage.

        Returns:
            The network in the home, and the backup's manifest.

        Raises:
            ArchiveError: the file was rejected, and the home is unchanged.
            NetworkError: a token cannot be used, or a node did not catch up; the next `up` or `restore`
                resumes.
        """
        place = Home(Path(home).resolve())
        with place.locked():
            chosen = Restore(place, file, identities, progress)
            manifest = chosen.place(
                organisations, nodes, replace=replace, sha256=sha256, ordering_lost=ordering_lost
            )
            place.install_builder()
        network = cls.open(home)
        ensure_tokens(network.topology, network.own_organisations)
        with place.locked():
            BringUp(network.session(progress)).recover()
        return network, manifest
