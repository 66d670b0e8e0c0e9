from fabric_gateway.hfc.fabric_ca.affiliationService import *
