from fabric_gateway.verification import *
