from fabric_gateway.hfc.util.policies import *
