from fabric_gateway.hfc.fabric.config.default import *
