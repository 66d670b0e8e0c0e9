from fabric_gateway.identity.pkcs11 import *
