"""Watches a replay: what was so before a request was applied, and what it changed.

This is the only place that reads the auditor's books; everything else works on `facts`.
"""
