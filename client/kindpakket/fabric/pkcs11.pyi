from fabric_gateway.pkcs11 import *
