from fabric_gateway.hfc.fabric.transaction.tx_context import *
