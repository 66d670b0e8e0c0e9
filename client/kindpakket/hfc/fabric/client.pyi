from fabric_gateway.hfc.fabric.client import *
