"""The sections of the report: each makes paragraphs, tables and figures of the report's JSON members."""
