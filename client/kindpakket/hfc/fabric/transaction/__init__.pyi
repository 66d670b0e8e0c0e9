from fabric_gateway.hfc.fabric.transaction import *
