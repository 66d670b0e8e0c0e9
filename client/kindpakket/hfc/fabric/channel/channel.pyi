from fabric_gateway.hfc.fabric.channel.channel import *
