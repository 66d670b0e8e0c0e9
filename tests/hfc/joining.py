"""A peer joins a channel, as an administrator's program has it: `joining.py CONFIGURATION RESULTS`."""

import asyncio
import json
import sys
from pathlib import Path

from hfc.fabric import Client

CHANNEL = "trade"
PEERS = ["peer0.org2"]


async def join(client):
    admin = client.get_user("org2", "admin")
    before = await client.query_channels(admin, PEERS)
    client.new_channel(CHANNEL)
    answers = await client.channel_join(admin, CHANNEL, PEERS, "orderer.org1")
    after = await client.query_channels(admin, PEERS)
    await client.close_grpc_channels()
    return {
        "before": [channel.channel_id for channel in before.channels],
        "answers": [[answer.response.status, answer.response.message] for answer in answers],
        "after": [channel.channel_id for channel in after.channels],
    }


def main():
    configuration, results = sys.argv[1:]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = Client(net_profile=json.loads(Path(configuration).read_text())["profile"])
    Path(results).write_text(json.dumps(loop.run_until_complete(join(client))))


if __name__ == "__main__":
    main()
