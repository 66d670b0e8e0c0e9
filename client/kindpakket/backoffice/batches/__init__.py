"""Files of children as batches: what each changes, the allocation for it, and its vouchers.

    with ReadFile.of(Path("kinderen.csv"), rules=rules) as file:
        proposed = propose_file(municipality, register, scheme, "2026", file)
    # after another person has called allocations.approve:
    issued = issue_approved(municipality, register, scheme, batch=proposed.batch.id)
    standing = standing_of(municipality, register, proposed.batch)

They are in `kindpakket.backoffice.batches.reading`, `proposing`, `issuing` and `standing`. Each can be
interrupted at any moment, also by `kill -9`, and is then run again.
"""
