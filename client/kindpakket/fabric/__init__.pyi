from fabric_gateway import *
