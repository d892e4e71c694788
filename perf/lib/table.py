#!/usr/bin/env python3
"""Prints a report of record.py as a table, with its remarks below.

Usage: table.py REPORT-FILE
"""

import sys

HEAD = ["scenario", "figure", "min", "median", "max", "aim", "verdict"]
NUMBERS = range(2, 5)

with open(sys.argv[1], encoding="utf-8") as lines:
    texts = [line.rstrip("\n") for line in lines]
rows = [HEAD] + [text.split("\t") for text in texts if not text.startswith("#")]
widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
scenario = None
for row in rows:
    # A scenario's name once is enough.
    row[0], scenario = ("" if row[0] == scenario else row[0]), row[0]
    cells = [cell.rjust(width) if at in NUMBERS else cell.ljust(width) for at, (cell, width) in enumerate(zip(row, widths))]
    print("  ".join(cells).rstrip())
for text in texts:
    if text.startswith("#"):
        print(text)
