from fabric_gateway.hfc.util.channel import *
