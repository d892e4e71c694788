#!/usr/bin/env python3
"""Medians and ratios of what perf/defrag measured.

Usage: defrag.py MACHINE-FILE LINES-FILE [RESULTS-FILE]

MACHINE-FILE   one JSON object, from machine.py
LINES-FILE     what each run measured, one JSON object a line
RESULTS-FILE   one JSON object a set is appended
"""

import collections
import datetime
import json
import statistics
import sys


def main():
    machine_file, lines_file, results = (sys.argv[1:] + [""])[:3]
    with open(machine_file, encoding="utf-8") as file:
        machine = json.load(file)
    # What ran is the benchmark, of the same commit.
    machine.pop("tidegate", None)
    runs = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(lines_file, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            key = line["set"], line["program"], line.get("policy", "")
            for figure, value in line.items():
                if figure.startswith("ns_per_fragment"):
                    runs[key][figure].append(value)
    medians = {
        key: {figure: round(statistics.median(values), 2) for figure, values in figures.items()}
        for key, figures in runs.items()
    }
    records = []
    for (name, program, policy), figures in sorted(medians.items()):
        if program == "rte_ip_frag":
            continue
        record = {"set": name, "policy": policy, "runs": len(runs[name, program, policy]["ns_per_fragment"]), **figures}
        dpdk = medians.get((name, "rte_ip_frag", ""))
        own = figures["ns_per_fragment"]
        if dpdk:
            record["rte_ip_frag"] = dpdk
            record["times_rte_ip_frag"] = round(dpdk["ns_per_fragment"] / own, 2)
            record["times_rte_ip_frag_contiguous"] = round(dpdk["ns_per_fragment_contiguous"] / own, 2)
            in_order = medians[name.split("-")[0] + "-in-order", program, policy]["ns_per_fragment"]
            record["times_in_order"] = round(own / in_order, 2)
        else:
            valid = medians[name.split("-")[0] + "-in-order", program, "linux"]["ns_per_fragment"]
            record["times_valid"] = round(valid / own, 2)
        records.append(record)
    print("| set | policy | ns a fragment | rte_ip_frag | contiguous | ratio | ratio to contiguous | valid in order to this |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for record in records:
        dpdk = record.get("rte_ip_frag", {})
        row = [
            record["set"],
            record["policy"],
            record["ns_per_fragment"],
            dpdk.get("ns_per_fragment", ""),
            dpdk.get("ns_per_fragment_contiguous", ""),
            record.get("times_rte_ip_frag", ""),
            record.get("times_rte_ip_frag_contiguous", ""),
            record.get("times_valid", ""),
        ]
        print("| " + " | ".join(map(str, row)) + " |")
    if results:
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        with open(results, "a", encoding="utf-8") as file:
            for record in records:
                file.write(json.dumps({"scenario": "defrag", "time": now, "machine": machine, **record}) + "\n")


main()
