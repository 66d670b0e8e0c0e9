from fabric_gateway.hfc.fabric.transaction.tx_proposal_request import *
