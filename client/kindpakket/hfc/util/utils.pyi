from fabric_gateway.hfc.util.utils import *
