from fabric_gateway.hfc.fabric.certificateAuthority import *
