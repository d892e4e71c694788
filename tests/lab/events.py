"""Runs assertions over what a sensor wrote.

usage: events.py DIR SUMMARY <ASSERTIONS

DIR is the sensor's --out, SUMMARY the file with its --json summary ("-" or empty: none). The Python on standard
input sees `alerts`, `anomalies`, `flows`, `stats` (lists of events), `summary` (an object or None), `env` (the environment), `json`, and
`between(client, server)`: the TCP flows to that server port or from that client port. The last line of the error is
the assertion that failed. Every line of the events must be JSON, also when there are no assertions.
"""

import json
import os
import sys


def read_events(path, live):
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    if lines and not lines[-1].endswith("\n"):
        # While the sensor runs, the last line may be half written.
        if not live:
            sys.exit(f"{path}: the last line is not ended")
        lines.pop()
    events = []
    for number, line in enumerate(lines, 1):
        try:
            events.append(json.loads(line))
        except ValueError as error:
            sys.exit(f"{path}:{number}: not JSON: {error}")
    return events


def read_summary(path):
    if path == "-":
        return None
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return json.loads(text) if text.strip() else None


def main():
    directory, summary_path = sys.argv[1:]
    events = read_events(os.path.join(directory, "eve.json"), summary_path == "-")
    alerts, anomalies, flows, stats = (
        [event for event in events if event["event_type"] == kind] for kind in ("alert", "anomaly", "flow", "stats")
    )

    def between(client=None, server=None):
        return [
            flow
            for flow in flows
            if flow["proto"] == "TCP" and client in (None, flow["src_port"]) and server in (None, flow["dest_port"])
        ]

    names = {
        "alerts": alerts,
        "anomalies": anomalies,
        "flows": flows,
        "stats": stats,
        "summary": read_summary(summary_path),
        "env": os.environ,
        "json": json,
        "between": between,
    }
    source = sys.stdin.read()
    try:
        exec(compile(source, "assertions", "exec"), names)
    except Exception as error:
        trace = error.__traceback__
        while trace.tb_next is not None:
            trace = trace.tb_next
        lines = source.splitlines()
        line = lines[trace.tb_lineno - 1].strip() if trace.tb_lineno <= len(lines) else ""
        sys.exit(f"not so: {line} {error}; alerts {json.dumps(alerts)[:600]}; summary {names['summary']}")


main()
