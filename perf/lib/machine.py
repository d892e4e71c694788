#!/usr/bin/env python3
"""Prints one JSON object: the machine, and what is measured on it.

Usage: machine.py ROOT TIDEGATE
"""

import json
import os
import platform
import subprocess
import sys


def output(*command):
    """What a command prints, or None when it cannot be had."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def field(path, name):
    """The first `name: value` of a file of /proc, or None."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return None


def commit(root):
    """The revision of the tree, and whether it has been changed since, results aside."""
    revision = output("git", "-C", root, "rev-parse", "--short=12", "HEAD")
    if revision is None:
        return None
    changed = output("git", "-C", root, "status", "--porcelain", "--", ".", ":!perf/results")
    return revision + ("-dirty" if changed else "")


def main():
    root, tidegate = sys.argv[1:]
    memory_kib = int(field("/proc/meminfo", "MemTotal").split()[0])
    print(
        json.dumps(
            {
                "cpu": field("/proc/cpuinfo", "model name") or platform.processor(),
                "cores": len(os.sched_getaffinity(0)),
                "virtual": "hypervisor" in (field("/proc/cpuinfo", "flags") or "").split(),
                "kernel": platform.release(),
                "memory_mib": memory_kib // 1024,
                "dpdk": output("pkg-config", "--modversion", "libdpdk"),
                "rustc": output("rustc", "--version"),
                "commit": commit(root),
                "tidegate": output(tidegate, "--version"),
                "load_average": os.getloadavg()[0],
            }
        )
    )


if __name__ == "__main__":
    main()
