from fabric_gateway.hfc.fabric_ca.identityService import *
