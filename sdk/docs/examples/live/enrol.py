"""From a secret on paper to a transaction: register, enrol, keep, renew, revoke."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fabric_gateway import Profile, connect
from fabric_gateway.ca import CaAlreadyRegistered, CaClient, Enrolment

profile = Profile.load("profile.yaml")
wallet = Path("wallet/till-1")

# --8<-- [start:register]
with CaClient.from_profile(profile) as authority:
    registrar = authority.enrol("registrar", os.environ["REGISTRAR_SECRET"])
    try:
        secret = authority.register(registrar, "till-1", attributes={"role": "cashier"}, max_enrolments=1)
    except CaAlreadyRegistered:
        secret = os.environ["TILL_SECRET"]
    # --8<-- [end:register]

    # --8<-- [start:enrol]
    enrolment = authority.enrol("till-1", secret, key="P-384")
    enrolment.save(wallet)
    # --8<-- [end:enrol]

# --8<-- [start:connect]
with connect(profile, enrolment.identity(profile.mspid)) as gateway:
    print(gateway.network("mychannel").info().height)
# --8<-- [end:connect]

# --8<-- [start:renew]
enrolment = Enrolment.from_msp(wallet)
if enrolment.expires < datetime.now(UTC) + timedelta(days=30):
    with CaClient.from_profile(profile) as authority:
        authority.reenrol(enrolment).save(wallet)
# --8<-- [end:renew]

# --8<-- [start:revoke]
with CaClient.from_profile(profile) as authority:
    revoked = authority.revoke(registrar, name="till-1", reason="cessationofoperation", crl=True)
    Path("crl.pem").write_bytes(revoked.crl)
# --8<-- [end:revoke]
