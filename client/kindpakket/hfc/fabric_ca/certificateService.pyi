from fabric_gateway.hfc.fabric_ca.certificateService import *
