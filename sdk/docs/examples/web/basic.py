"""The chaincode of fabric-samples' asset-transfer-basic, as a function for tests."""

import json

from fabric_gateway.testing import ChaincodeRefusal, Invocation

SAMPLES = {
    "asset1": ("blue", 5, "Tomoko", 300),
    "asset2": ("red", 5, "Brad", 400),
    "asset3": ("green", 10, "Jin Soo", 500),
    "asset4": ("yellow", 10, "Max", 600),
    "asset5": ("black", 15, "Adriana", 700),
    "asset6": ("white", 15, "Michel", 800),
}


# --8<-- [start:basic]
def basic(call: Invocation) -> str | None:
    """Stands for the chaincode."""
    arguments = [argument.decode() for argument in call.arguments]
    match call.name, arguments:
        case "InitLedger", []:
            for key, (color, size, owner, value) in SAMPLES.items():
                call.put(key, asset(key, color, size, owner, value))
            call.put("all", json.dumps(sorted(SAMPLES)))
        case "CreateAsset", [key, color, size, owner, value]:
            if call.get(key) is not None:
                raise ChaincodeRefusal(f"the asset {key} already exists")
            call.put(key, asset(key, color, int(size), owner, int(value)))
            call.emit("CreateAsset", key)
        case "ReadAsset", [key]:
            return existing(call, key)
        case "TransferAsset", [key, owner]:
            found = json.loads(existing(call, key))
            call.put(key, json.dumps({**found, "Owner": owner}))
            call.emit("TransferAsset", f"{key} {owner}")
            return str(found["Owner"])
        # --8<-- [end:basic]
        case "UpdateAsset", [key, color, size, owner, value]:
            existing(call, key)
            call.put(key, asset(key, color, int(size), owner, int(value)))
        case "DeleteAsset", [key]:
            existing(call, key)
            call.delete(key)
        case "GetAllAssets", []:
            return f"[{','.join(existing(call, key) for key in json.loads(call.get('all') or '[]'))}]"
        case name, _:
            raise ChaincodeRefusal(f"{name} with {len(arguments)} arguments is not known")
    return None


def existing(call: Invocation, key: str) -> str:
    value = call.get(key)
    if value is None:
        raise ChaincodeRefusal(f"the asset {key} does not exist")
    return value.decode()


def asset(key: str, color: str, size: int, owner: str, value: int) -> str:
    fields = {"AppraisedValue": value, "Color": color, "ID": key, "Owner": owner, "Size": size}
    return json.dumps(fields)
