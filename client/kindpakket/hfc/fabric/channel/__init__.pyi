from fabric_gateway.hfc.fabric.channel import *
