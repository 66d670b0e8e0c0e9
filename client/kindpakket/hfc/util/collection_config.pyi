from fabric_gateway.hfc.util.collection_config import *
