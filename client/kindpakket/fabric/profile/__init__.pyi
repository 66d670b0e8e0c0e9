from fabric_gateway.profile import *
