"""The intake: the municipality's file of children, read as it comes and checked as a whole.

    mapping = ColumnMapping.load(Path("mapping.yaml"))
    with open_table(Path("kinderen.xlsx"), mapping) as table:
        check = check_table(table, mapping)
        write_report(Path("report.xlsx"), table, check)
    if check.passed:
        ...

The three functions are in `kindpakket.backoffice.intake.opening`, `kindpakket.backoffice.intake.check`
and `kindpakket.backoffice.intake.workbook`. What a check finds contains no personal value; the report
contains the whole file.
"""
