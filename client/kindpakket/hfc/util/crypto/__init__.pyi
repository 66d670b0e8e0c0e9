from fabric_gateway.hfc.util.crypto import *
