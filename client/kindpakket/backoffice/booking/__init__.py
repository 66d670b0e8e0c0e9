"""What the bank did, booked on the ledger: files kept, matched with payments, certain lines booked."""
