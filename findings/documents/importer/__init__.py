"""Ledgers in: parse, compare, rehearse, and hand what is decided to the verbs."""

from findings.documents.importer.rehearsal import apply, rehearse

__all__ = ["apply", "rehearse"]
