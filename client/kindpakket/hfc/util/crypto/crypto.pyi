from fabric_gateway.hfc.util.crypto.crypto import *
