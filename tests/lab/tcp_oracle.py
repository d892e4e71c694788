"""Holds tidegate's TCP reassembler against a real kernel's. See --help and ../README.md."""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from oracle import generate, judge, kernel, lab, report, resets, schedule, shrink, wire  # noqa: F401
from oracle.drive import drive

ROOT = Path(__file__).resolve().parents[2]


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="tcp_oracle.py",
        description="Sends crafted TCP segments, in schedules made from seeds, to a real socket of this kernel, and "
        "compares what its application read with what `tidegate replay --streams` makes of the same frames. Needs root; "
        "makes two network namespaces of its own and removes them.",
        epilog="Exit: 0 all agree or are tolerated, 1 some do not, 2 wrong usage or no lab, 77 skipped: not root.",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="first seed (default 1)")
    parser.add_argument("--count", type=int, default=1000, metavar="M", help="schedules (default 1000)")
    parser.add_argument("--only", type=int, metavar="SEED", help="this one schedule, told step by step")
    parser.add_argument("--features", metavar="A,B", help="only these features")
    parser.add_argument("--alone", action="store_true", help="one feature a schedule")
    parser.add_argument("--without", metavar="A,B", help="not these features")
    parser.add_argument(
        "--tolerate",
        metavar="A=PERCENT,B=PERCENT",
        default="",
        help="so many schedules with that feature may differ in a byte's version: nothing on the wire decides it",
    )
    parser.add_argument("--list", action="store_true", help="name the features, a line each")
    parser.add_argument("--taken", action="store_true", help="also say what the kernel took of which kind of segment")
    parser.add_argument("--role", choices=["client", "server", "both"], default="both", help="the crafted side's role")
    parser.add_argument("--at-once", type=int, default=8, metavar="N", help="connections at a time (default 8)")
    parser.add_argument("--shrink", action="store_true", help="make the first difference of each feature minimal")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="put captures, schedules and results there")
    parser.add_argument("--schedule", type=Path, metavar="FILE", help="run this schedule (JSON) instead of seeds")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration for tidegate")
    parser.add_argument(
        "--tidegate",
        type=Path,
        metavar="FILE",
        default=Path(os.environ.get("TIDEGATE", ROOT / "target/release/tidegate")),
        help="the program (default $TIDEGATE, or target/release/tidegate)",
    )
    parser.add_argument("--prefix", default=f"tcporacle-{os.getpid()}", help="what the namespaces' names begin with")
    options = parser.parse_args()
    if options.count < 1 or options.count > 3_000_000 or options.at_once < 1:
        parser.error("--count and --at-once must be positive")
    known = set(generate.names())
    for option in ("features", "without"):
        named = [name for name in (getattr(options, option) or "").split(",") if name]
        for name in named:
            if name not in known:
                parser.error(f"--{option}: found {name!r}, expected names that --list shows")
        setattr(options, option, named)
    tolerated = {}
    for pair in filter(None, options.tolerate.split(",")):
        name, _, percent = pair.partition("=")
        if name not in known or not percent.isdigit() or int(percent) > 100:
            parser.error(f"--tolerate: found {pair!r}, expected a name that --list shows, =, and a number from 0 to 100")
        tolerated[name] = int(percent)
    options.tolerate = tolerated
    return options


def not_tolerated(verdicts, tolerated):
    """The differing verdicts that no tolerated feature excuses; all of those of a feature that differs too often."""
    excused = set()
    for name, percent in tolerated.items():
        having = [verdict for verdict in verdicts if name in verdict.schedule["features"]]
        wrong = [verdict for verdict in having if not verdict.agrees and verdict.kind() == "other bytes"]
        if len(wrong) * 100 <= len(having) * percent:
            excused.update(map(id, wrong))
    return [verdict for verdict in verdicts if not verdict.agrees and id(verdict) not in excused]


def listing():
    """Every feature with what it is."""
    for name, function in generate.FEATURES.items():
        rare = "" if name in generate.by_default() else " (only when named)"
        print(f"{name:<16} {function.__doc__}{rare}")


def schedules(options):
    """Those that were asked for."""
    if options.schedule:
        return [json.loads(options.schedule.read_text())]
    chosen = options.features or [name for name in generate.by_default() if name not in options.without]
    roles = {"both": ["client", "server"]}.get(options.role, [options.role])
    seeds = [options.only] if options.only is not None else range(options.seed, options.seed + options.count)
    if len(roles) == 1:
        return [generate.generate(seed, chosen, roles[0], options.alone) for seed in seeds]
    # Each seed is one schedule: even ones with the crafted side as client, odd ones as server.
    return [generate.generate(seed, chosen, roles[seed % 2], options.alone) for seed in seeds]


def keep(directory, name, verdict, frames):
    """Leaves a schedule, its capture and what was read in a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    wire.write_pcap(directory / f"{name}.pcap", judge.frames_of(frames, verdict.key))
    (directory / f"{name}.json").write_text(json.dumps(verdict.schedule) + "\n")
    text = f"{schedule.describe(verdict.schedule)}\n\n{report.explain(verdict)}\n"
    (directory / f"{name}.txt").write_text(text)
    for number, data in enumerate(verdict.expected):
        (directory / f"{name}.read{number or ''}").write_bytes(data)


def shrink_some(place, options, verdicts):
    """Makes the shortest differing schedule of each feature minimal."""
    done = set()
    for verdict in sorted(verdicts, key=lambda verdict: len(verdict.schedule["steps"])):
        features = tuple(verdict.schedule["features"])
        if verdict.agrees or features in done or (len(features) > 1 and done.intersection((f,) for f in features)):
            continue
        done.add(features)
        smallest, found = shrink.shrink(place, verdict.schedule, options.tidegate, options.config)
        print(f"\n{schedule.describe(smallest)}\n{report.explain(found)}")
        if found.agrees:
            print("  it did not differ when run alone")
        if options.keep:
            [again] = shrink.run(place, [smallest], options.tidegate, options.config)
            keep(options.keep, "-".join(features), again, place.frames)


def main():
    """Runs what was asked for."""
    options = arguments()
    if options.list:
        listing()
        return 0
    lab.require_root()
    if not os.access(options.tidegate, os.X_OK):
        print(f"tcp_oracle: no program at {options.tidegate}; build it with: cargo build --release", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = schedules(options)
    began = time.monotonic()
    directory = Path(tempfile.mkdtemp(prefix="tcporacle."))
    try:
        place = lab.Lab(options.prefix)
        connections = drive(place, wanted, 1 if len(wanted) == 1 else options.at_once)
        drove = time.monotonic()
        frames = place.frames
        verdicts = judge.compare(connections, frames, options.tidegate, options.config, directory)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(directory / "frames.pcap", options.keep / "all.pcap")
        differ = [verdict for verdict in verdicts if not verdict.agrees]
        if len(verdicts) == 1:
            print(schedule.describe(verdicts[0].schedule))
            print(report.explain(verdicts[0]))
            if options.keep:
                keep(options.keep, f"seed-{verdicts[0].schedule['seed']}", verdicts[0], frames)
        else:
            print(report.table(verdicts))
        if options.taken:
            print(kernel.taken(verdicts))
        if options.shrink:
            shrink_some(place, options, differ)
        took, replayed = drove - began, time.monotonic() - drove
        print(
            f"{len(verdicts)} schedules, {len(frames)} frames: {len(verdicts) - len(differ)} agree,"
            f" {len(differ)} differ; {took:.1f} s with the kernel, {replayed:.1f} s after that"
        )
        left = not_tolerated(verdicts, options.tolerate)
        if len(left) < len(differ):
            print(f"{len(differ) - len(left)} of those that differ are tolerated, {len(left)} are not")
        return 1 if left else 0
    except (lab.LabError, judge.JudgeError) as error:
        print(f"tcp_oracle: {error}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
