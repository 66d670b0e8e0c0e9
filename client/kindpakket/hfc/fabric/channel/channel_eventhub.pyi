from fabric_gateway.hfc.fabric.channel.channel_eventhub import *
