"""What ``make bench`` measures: one file per measurement, each beside a bare loop that does the same without rules."""
