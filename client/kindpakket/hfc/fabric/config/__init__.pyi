from fabric_gateway.hfc.fabric.config import *
