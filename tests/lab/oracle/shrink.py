"""The smallest schedule that still makes a difference: steps are left out as long as it stays.

All candidates of a round are connections of one run, so a round costs one replay."""

import copy
import tempfile
from pathlib import Path

from . import judge
from .drive import drive


def without(schedule, first, count):
    """The schedule without some of its steps."""
    smaller = copy.deepcopy(schedule)
    del smaller["steps"][first : first + count]
    return smaller


def shorter_opening(schedule):
    """The schedule with one step less before the handshake is complete."""
    for at in range(len(schedule["opening"])):
        candidate = copy.deepcopy(schedule)
        del candidate["opening"][at]
        yield candidate


def simpler_setups(schedule):
    """The schedule with one thing about the connection made plain."""
    plain = {"v6": False, "ts": False, "sack": False, "wscale": None, "syn_len": 0, "quick": False}
    plain |= {"listener": "normal", "isn": 1000, "clock": 1000}
    for key, value in plain.items():
        if schedule["setup"][key] != value:
            candidate = copy.deepcopy(schedule)
            candidate["setup"][key] = value
            yield candidate


def shorter_segments(schedule):
    """The schedule with one segment's payload halved."""
    for at, step in enumerate(schedule["steps"]):
        if step["op"] == "seg" and step["len"] > 1:
            candidate = copy.deepcopy(schedule)
            candidate["steps"][at]["len"] = step["len"] // 2
            yield candidate


def run(lab, schedules, tidegate, config):
    """The verdicts on some schedules, in a run of their own."""
    lab.frames = []
    connections = drive(lab, schedules, 1)
    with tempfile.TemporaryDirectory(prefix="tcporacle.") as directory:
        return judge.compare(connections, lab.frames, tidegate, config, Path(directory))


def shrink(lab, schedule, tidegate, config):
    """The smallest schedule found, and the verdict on it."""
    [verdict] = run(lab, [schedule], tidegate, config)
    if verdict.agrees:
        return schedule, verdict
    kind = verdict.kind()
    while True:
        candidates = []
        steps = len(schedule["steps"])
        size = steps // 2
        while size >= 1:
            candidates += [without(schedule, first, size) for first in range(0, steps, size)]
            size //= 2
        candidates += shorter_opening(schedule)
        candidates += simpler_setups(schedule)
        candidates += shorter_segments(schedule)
        for candidate, found in zip(candidates, run(lab, candidates, tidegate, config)):
            if not found.agrees and found.kind() == kind:
                schedule, verdict = candidate, found
                break
        else:
            return schedule, verdict
