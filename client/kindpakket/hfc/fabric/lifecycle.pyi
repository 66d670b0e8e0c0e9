from fabric_gateway.hfc.fabric.lifecycle import *
