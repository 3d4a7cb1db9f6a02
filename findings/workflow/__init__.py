"""The verbs: the only code that changes a status or a deadline."""
