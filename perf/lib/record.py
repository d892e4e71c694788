#!/usr/bin/env python3
"""Turns the runs of one scenario into one line of the results file, and into rows for people.

Usage: record.py SCENARIO MACHINE-FILE TARGETS RUNS-FILE RESULTS-FILE REPORT-FILE

MACHINE-FILE   one JSON object, from machine.py
TARGETS        what is aimed at: `FIGURE<=N` or `FIGURE>=N`, with `goal:` before it for one beyond the target;
               separated by blanks; may be empty
RUNS-FILE      what each run measured, one JSON object a line
RESULTS-FILE   one JSON object is appended
REPORT-FILE    lines for people are appended: figure, min, median, max, target, verdict, separated by tabs

Runs of a scenario do the same work, so they must agree on how much they found; when they do not, the exit code is 1
and nothing is recorded.
"""

import datetime
import json
import statistics
import sys

# Measured: these may differ from run to run, and get a minimum, median and maximum. The first that a scenario has
# says which run is the median one.
MEASURED = [
    "ns_per_packet",
    "reading_ns_per_packet",
    "packets_per_second",
    "bits_per_second",
    "bytes_per_flow",
    "loss_free_packets_per_second",
    "offered_packets_per_second",
    "instructions_per_packet",
]
# Counted: the same in each run, or something is wrong.
COUNTED = ["packets", "bytes", "flows", "alerts", "keyword_hits", "scanned_bytes", "invalid"]


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def target(text):
    """`goal:ns_per_packet<=160` as a dictionary."""
    kind, _, rest = text.rpartition(":")
    for sign in ("<=", ">="):
        figure, found, limit = rest.partition(sign)
        if found:
            return {"kind": kind or "target", "figure": figure, "at": sign, "value": float(limit)}
    sys.exit(f"record.py: found target '{text}', expected FIGURE<=N or FIGURE>=N")


def judge(aim, median):
    """How far a median is from what is aimed at; 0 or less is met."""
    distance = median / aim["value"] - 1 if aim["at"] == "<=" else 1 - median / aim["value"]
    return {**aim, "met": distance <= 0, "missed_by_percent": round(max(distance, 0.0) * 100, 1)}


def verdict(aim):
    return "met" if aim["met"] else f"missed by {aim['missed_by_percent']:.0f}%"


def number(value):
    """Digits that matter: 14,880,000 or 266.3 or 2.17."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def main():
    scenario, machine, targets, runs_file, results_file, report_file = sys.argv[1:]
    with open(machine, encoding="utf-8") as text:
        described = json.load(text)
    with open(runs_file, encoding="utf-8") as text:
        runs = [json.loads(line) for line in text]
    if not runs:
        sys.exit(f"record.py: {scenario}: no run")
    # A live run takes what comes; only a made one must come out the same.
    counted = [] if "offered_packets_per_second" in runs[0] else COUNTED
    for key in counted:
        found = {run.get(key) for run in runs}
        if len(found) > 1:
            sys.exit(f"record.py: {scenario}: runs do not agree on {key}: found {sorted(found)}")
    measured = {key: spread([run[key] for run in runs]) for key in MEASURED if key in runs[0]}
    first = next(iter(measured))
    median_run = sorted(runs, key=lambda run: run[first])[(len(runs) - 1) // 2]
    aims = [judge(aim, measured[aim["figure"]]["median"]) for aim in map(target, targets.split())]
    now = datetime.datetime.now(datetime.timezone.utc)
    line = {
        "scenario": scenario,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": described,
        "runs": len(runs),
        **measured,
        "targets": aims,
        "median_run": median_run,
    }
    with open(results_file, "a", encoding="utf-8") as results:
        results.write(json.dumps(line) + "\n")
    with open(report_file, "a", encoding="utf-8") as report:
        for key, values in measured.items():
            wanted = [aim for aim in aims if aim["figure"] == key]
            cells = [scenario, key, *(number(values[name]) for name in ("min", "median", "max"))]
            cells.append(", ".join(f"{aim['kind']} {aim['at']} {number(aim['value'])}" for aim in wanted) or "-")
            cells.append(", ".join(f"{aim['kind']} {verdict(aim)}" for aim in wanted) or "-")
            report.write("\t".join(cells) + "\n")
        for key, what in (("drops", "events dropped: the event thread could not keep up"), ("note", "")):
            value = median_run.get(key)
            if value:
                report.write(f"# {scenario}: " + (f"{number(value)} {what}" if what else value) + "\n")


if __name__ == "__main__":
    main()
