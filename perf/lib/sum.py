#!/usr/bin/env python3
"""Adds up what `tidegate bench` printed for several captures, and prints it as one object of the same form.

Usage: sum.py < LINES

Each line is a capture's name, a tab, and the JSON object. Counts and times are added; rates and what one packet
takes are computed anew, so a capture weighs as much as it has packets.
"""

import json
import sys

ADDED = ["packets", "bytes", "seconds", "wall_seconds", "flows", "alerts", "keyword_hits", "scanned_bytes", "events"]
ADDED += ["drops", "invalid"]

parts = {}
for line in sys.stdin:
    name, _, text = line.partition("\t")
    parts[name] = json.loads(text)
if not parts:
    sys.exit("sum.py: nothing to add up")
total = {key: sum(part[key] for part in parts.values()) for key in ADDED}
for key in ("ns_per_packet", "cycles_per_packet"):
    total[key] = sum(part[key] * part["packets"] for part in parts.values()) / total["packets"]
total["packets_per_second"] = total["packets"] / total["seconds"]
total["bits_per_second"] = total["bytes"] * 8 / total["seconds"]
total["workers"] = max(part["workers"] for part in parts.values())
total["version"] = next(iter(parts.values()))["version"]
total["ns_per_packet_by_file"] = {name: round(part["ns_per_packet"], 1) for name, part in parts.items()}
print(json.dumps(total))
