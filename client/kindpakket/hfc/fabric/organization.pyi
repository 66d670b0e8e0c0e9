from fabric_gateway.hfc.fabric.organization import *
