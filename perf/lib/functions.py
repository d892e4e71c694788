#!/usr/bin/env python3
"""Sums the lines of callgrind_annotate by function, and prints the most expensive ones.

Usage: callgrind_annotate --auto=no FILE | functions.py COUNT

callgrind has a line for each source file that was inlined into a function; here they are one.
"""

import collections
import re
import sys

LINE = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+(\S+?\.\w+|\?\?\?|[^:]*):(.*?)(?: \[[^\]]*\])?$")

spent = collections.Counter()
for line in sys.stdin:
    found = LINE.match(line)
    if found and "PROGRAM TOTALS" not in line:
        spent[re.sub(r"::h[0-9a-f]{16}$", "", found[3])] += int(found[1].replace(",", ""))
total = sum(spent.values())
if not total:
    sys.exit("functions.py: no line of callgrind_annotate on standard input")
for name, count in spent.most_common(int(sys.argv[1])):
    print(f"  {100 * count / total:5.1f}%  {name}")
