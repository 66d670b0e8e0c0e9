"""A channel's configuration, and updates of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fabric_gateway import Identity
from fabric_gateway._wire import messages as m
from forge import policies
from forge.authorities import NOON, Authority

_ADMINS = "Admins"


class Channel:
    """A channel of some organisations, each with a consenter.

    Attributes:
        name: its name.
        group: its configuration, a `common.ConfigGroup` message.
        sequence: how often it was changed.
        authorities: the organisations' authorities by MSP id.
        admins: an administrator of each organisation.
        consenters: those that are in force, by their ids.
    """

    def __init__(
        self,
        name: str = "zuidhorn",
        mspids: Sequence[str] = ("AMSP", "BMSP", "CMSP", "DMSP"),
        *,
        bft: bool = True,
    ) -> None:
        self.name = name
        self.bft = bft
        self.sequence = 0
        self.authorities = {mspid: Authority(mspid) for mspid in mspids}
        self.admins = {mspid: found.member("admin", "admin") for mspid, found in self.authorities.items()}
        self.consenters: dict[int, Identity] = {
            index: found.member(f"orderer{index}", "orderer")
            for index, found in enumerate(self.authorities.values(), 1)
        }
        self.group = self._configuration()

    def member(self, mspid: str, role: str = "client", name: str = "user", **more: Any) -> Identity:
        """A member of an organisation; arguments as of `Authority.member`."""
        return self.authorities[mspid].member(name, role, **more)

    def genesis(self) -> bytes:
        """The transaction of block 0."""
        config = m.configtx.Config(sequence=self.sequence, channel_group=self.group)
        data = m.configtx.ConfigEnvelope(config=config).SerializeToString()
        return _envelope(self.name, m.common.CONFIG, data, None)

    def update(
        self,
        change: Callable[[Any], None],
        signers: Iterable[Identity],
        *,
        submitter: Identity | None = None,
        result: Callable[[Any], None] | None = None,
        at: datetime = NOON,
    ) -> bytes:
        """A configuration transaction, which is in force from then on.

        Args:
            change: changes the channel's group, a message.
            signers: who signs the update.
            submitter: the orderer that made the transaction of it; default: the first consenter.
            result: a forger's change of the configuration that the block states.
            at: when.
        """
        new = m.configtx.ConfigGroup()
        new.CopyFrom(self.group)
        change(new)
        read, write, merged = _difference(self.group, new)
        update = m.configtx.ConfigUpdate(channel_id=self.name, read_set=read, write_set=write)
        signed = m.configtx.ConfigUpdateEnvelope(config_update=update.SerializeToString())
        for signer in signers:
            header = m.common.SignatureHeader(creator=signer.serialized, nonce=b"n" * 24).SerializeToString()
            signed.signatures.add(
                signature_header=header, signature=signer.sign(header + signed.config_update)
            )
        if result is not None:
            result(merged)
        self.group, self.sequence = merged, self.sequence + 1
        maker = submitter or next(iter(self.consenters.values()))
        last = _envelope(self.name, m.common.CONFIG_UPDATE, signed.SerializeToString(), maker, at)
        config = m.configtx.Config(sequence=self.sequence, channel_group=merged)
        content = m.configtx.ConfigEnvelope(config=config, last_update=m.common.Envelope.FromString(last))
        return _envelope(self.name, m.common.CONFIG, content.SerializeToString(), maker, at)

    def with_msp(self, config: Any) -> Callable[[Any], None]:
        """A change that gives an organisation another definition, in both of its groups."""
        mspid = m.msp_config.FabricMSPConfig.FromString(config.config).name

        def change(group: Any) -> None:
            for section in ("Application", "Orderer"):
                group.groups[section].groups[mspid].values["MSP"].value = config.SerializeToString()

        return change

    def with_consenters(self, consenters: Mapping[int, Identity]) -> Callable[[Any], None]:
        """A change of the consenters; `consenters` of this object follows only when the caller sets it."""

        def change(group: Any) -> None:
            _set_consenters(group.groups["Orderer"], consenters, self.bft)

        return change

    def _configuration(self) -> Any:
        channel = m.configtx.ConfigGroup(mod_policy=_ADMINS)
        _capability(channel, "V3_0")
        _rules(channel)
        orderer, application = channel.groups["Orderer"], channel.groups["Application"]
        for section, capability in ((orderer, "V2_0"), (application, "V2_5")):
            section.mod_policy = _ADMINS
            _capability(section, capability)
            _rules(section)
        policies.put(application, "LifecycleEndorsement", "MAJORITY Endorsement")
        policies.put(application, "Endorsement", "MAJORITY Endorsement")
        for mspid, authority in self.authorities.items():
            for section in (orderer, application):
                _organization(section.groups[mspid], mspid, authority.msp())
        size = m.orderer_configuration.BatchSize(
            max_message_count=500, absolute_max_bytes=10_000_000, preferred_max_bytes=2_000_000
        )
        _set(orderer, "BatchSize", size)
        _set(orderer, "BatchTimeout", m.orderer_configuration.BatchTimeout(timeout="200ms"))
        _set_consenters(orderer, self.consenters, self.bft)
        return channel


def _organization(group: Any, mspid: str, msp: Any) -> None:
    group.mod_policy = _ADMINS
    _set(group, "MSP", msp)
    policies.put(group, "Readers", policies.any_role(mspid, "admin", "peer", "client", "orderer"))
    policies.put(group, "Writers", policies.any_role(mspid, "admin", "client", "orderer"))
    policies.put(group, "Admins", policies.any_role(mspid, "admin"))
    policies.put(group, "Endorsement", policies.any_role(mspid, "peer"))


def _rules(group: Any) -> None:
    policies.put(group, "Readers", "ANY Readers")
    policies.put(group, "Writers", "ANY Writers")
    policies.put(group, "Admins", "MAJORITY Admins")


def _capability(group: Any, name: str) -> None:
    capabilities = m.configuration.Capabilities()
    capabilities.capabilities[name].SetInParent()
    _set(group, "Capabilities", capabilities)


def _set(group: Any, name: str, value: Any) -> None:
    group.values[name].value = value.SerializeToString()
    group.values[name].mod_policy = _ADMINS


def _set_consenters(orderer: Any, consenters: Mapping[int, Identity], bft: bool) -> None:
    _set(orderer, "ConsensusType", m.orderer_configuration.ConsensusType(type="BFT" if bft else "etcdraft"))
    if not bft:
        policies.put(orderer, "BlockValidation", "ANY Writers")
        return
    mapping = m.configuration.Orderers()
    for number, identity in consenters.items():
        mapping.consenter_mapping.add(
            id=number,
            host=f"orderer{number}",
            port=7050,
            msp_id=identity.mspid,
            identity=identity.certificate_pem,
        )
    _set(orderer, "Orderers", mapping)
    policies.put(orderer, "BlockValidation", policies.bft_validation(consenters.values()))


def _difference(old: Any, new: Any) -> tuple[Any, Any, Any]:
    """Read set, write set and result of the update that leads from one group to another."""
    kind = m.configtx.ConfigGroup
    read, write, merged = (kind(version=old.version) for _ in range(3))
    same = True
    for field in ("values", "policies", "groups"):
        before, after = getattr(old, field), getattr(new, field)
        same = same and set(before) == set(after)
        for name in after:
            sets = [getattr(group, field) for group in (read, write, merged)]
            if name not in before:
                for found in sets[1:]:
                    found[name].CopyFrom(after[name])
            elif field == "groups":
                for found, part in zip(sets, _difference(before[name], after[name]), strict=True):
                    found[name].CopyFrom(part)
            elif before[name] == after[name]:
                for found in sets:
                    found[name].CopyFrom(before[name])
            else:
                for found in sets[1:]:
                    found[name].CopyFrom(after[name])
                    found[name].version = before[name].version + 1
    merged.mod_policy = new.mod_policy
    if not same or old.mod_policy != new.mod_policy:
        merged.version = write.version = old.version + 1
        write.mod_policy = new.mod_policy
    return read, write, merged


def _envelope(channel: str, kind: int, data: bytes, signer: Identity | None, at: datetime = NOON) -> bytes:
    header = m.common.ChannelHeader(type=kind, channel_id=channel)
    header.timestamp.FromDatetime(at.replace(tzinfo=None))
    signature_header = m.common.SignatureHeader(nonce=b"n" * 24)
    if signer is not None:
        signature_header.creator = signer.serialized
    payload = m.common.Payload(
        header=m.common.Header(
            channel_header=header.SerializeToString(), signature_header=signature_header.SerializeToString()
        ),
        data=data,
    ).SerializeToString()
    signature = signer.sign(payload) if signer is not None else b""
    return bytes(m.common.Envelope(payload=payload, signature=signature).SerializeToString())
