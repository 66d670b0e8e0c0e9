"""A reader whose position is part of the same database transaction as what it writes."""

from itertools import islice

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, func, insert, select

from fabric_gateway.checkpoints import sql
from fabric_gateway.checkpoints.sql import SqlCheckpointer
from fabric_gateway.testing import Invocation, MemoryGateway

tables = MetaData()
payments = Table("payments", tables, Column("id", String(64), primary_key=True), Column("cents", Integer))
engine = create_engine("sqlite:///books.db")
tables.create_all(engine)
sql.metadata.create_all(engine)


def till(call: Invocation) -> None:
    """Stands for the chaincode."""
    call.put(call.transaction_id, call.arguments[0])
    call.emit("Paid", call.arguments[0])


with MemoryGateway({"till": till}) as memory, memory.connect() as gateway:
    network = gateway.network("channel")
    for cents in (250, 1295, 80):
        network.contract("till").submit("Pay", str(cents))

    # --8<-- [start:books]
    with engine.connect() as connection:
        position = SqlCheckpointer(connection, "books")

    with network.chaincode_events("till", start_block=0, checkpoint=position) as events:
        for event in islice(events, 3):
            with engine.begin() as connection:  # one transaction for both
                connection.execute(insert(payments).values(id=event.transaction_id, cents=int(event.payload)))
                SqlCheckpointer(connection, "books").checkpoint_event(event)
    # --8<-- [end:books]

with engine.connect() as connection:
    print("cents in the books:", connection.scalar(select(func.sum(payments.c.cents))))
    print("next block:", SqlCheckpointer(connection, "books").block_number)
engine.dispose()
