from fabric_gateway.hfc.fabric_ca.caservice import *
