from fabric_gateway.identity import *
