from fabric_gateway.hfc.fabric.user import *
