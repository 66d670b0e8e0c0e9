"""What may be asked of the ledger, a desk for each noun, named as the queries are: `schemes.show`."""
