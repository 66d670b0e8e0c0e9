from fabric_gateway.hfc.fabric.peer import *
