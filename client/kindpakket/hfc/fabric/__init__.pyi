from fabric_gateway.hfc.fabric import *
