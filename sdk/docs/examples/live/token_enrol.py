"""A key is made in a PKCS#11 token, which it never leaves; its certificate is issued and renewed."""

from fabric_gateway import Profile, connect
from fabric_gateway.ca import CaClient, Enrolment
from fabric_gateway.identity.pkcs11 import Pkcs11Signer

module, token, pin = "/usr/lib/softhsm/libsofthsm2.so", "fabric", "1234"
profile = Profile.load("profile.yaml")

# --8<-- [start:enrol]
with CaClient.from_profile(profile) as authority:
    with Pkcs11Signer.generate(module, token, pin, key_label="treasurer") as signer:
        enrolment = authority.enrol("treasurer", "secret", key=signer)
        enrolment.save("users/treasurer/msp")  # the certificate: the key is in the token

    with Pkcs11Signer(module, token, pin, key_label="treasurer") as signer:
        present = Enrolment.from_msp("users/treasurer/msp", signer=signer)
        renewed = authority.reenrol(present, key="same")  # or another signer, for a new key
        renewed.save("users/treasurer/msp")
        with connect(profile, renewed.identity(profile.mspid)) as gateway:
            print(gateway.channels())
# --8<-- [end:enrol]
