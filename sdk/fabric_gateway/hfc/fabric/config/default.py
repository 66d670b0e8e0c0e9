"""hfc's defaults for gRPC, which hfc puts into the environment at import; here they have no effect."""

DEFAULT = {"GRPC_MAX_RECEIVE_MESSAGE_LENGTH": 0, "GRPC_MAX_SEND_MESSAGE_LENGTH": 0}
