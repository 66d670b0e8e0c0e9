"""The books: journal entries for the municipality's financial administration, made of the ledger's movements.

    charts = Charts.of([load_mapping(Path("mapping.yaml"))])
    source = MovementFile(Path("movements.jsonl"))
    books = keep_books(source, charts, closings=Closings.load(Path("closed.json")))
    agreement = check_books(books)
    content = to_csv(journal_table(books.of(read_span("2026-03"))), books.position)

Amounts are euro cents, days are calendar days in Europe/Amsterdam. The functions are in the modules that are
named after what they make: `mapping`, `charts`, `movement_file`, `books`, `closings`, `balance`, `agreement`,
`tables`, and `delimited`, `workbook` and `auditfile` for CSV, XLSX and XAF.
"""
