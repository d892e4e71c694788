"""Features that are about the beginning and the end of a connection: SYN, FIN and RST where they do not belong."""

from .features import HALF, feature, some
from .schedule import segment


def anywhere(plan, why, /, **fields):
    """A segment of the feature between any two."""
    plan.insert(plan.rng.randrange(len(plan.steps) + 1), why, **fields)


def rst_flags(plan):
    """With and without ACK."""
    return plan.rng.choice(["R", "RA"])


@feature
def rst_exact(plan):
    """A RST at the next number, with data after it."""
    anywhere(plan, "rst_exact", at="next", flags=rst_flags(plan), ack=plan.rng.choice([0, None, 5000]))


@feature
def rst_window(plan):
    """A RST within the window, but not at the next number."""
    for _ in some(plan):
        delta = plan.rng.choice([1, 2, 100, 1000, 4000])
        anywhere(plan, "rst_window", at="next", off=delta, flags=rst_flags(plan))


@feature
def rst_outside(plan):
    """A RST before or behind the window."""
    for _ in some(plan):
        if plan.rng.random() < 0.5:
            where = {"at": "next", "off": -plan.rng.choice([1, 2, 1000, 1 << 20, HALF - 1])}
        else:
            where = {"at": "edge", "off": plan.rng.choice([0, 1, 1000, 1 << 20])}
        anywhere(plan, "rst_outside", flags=rst_flags(plan), **where)


@feature
def rst_held(plan):
    """A RST where what is held out of order ends (RFC 5961 section 3.2 as receivers with SACK read it)."""
    plan.shuffle(6)
    delta = plan.rng.choice([0, 0, 0, 1, -1])
    anywhere(plan, "rst_held", at="held", off=delta, flags=rst_flags(plan))


@feature
def rst_data(plan):
    """A RST with data."""
    where = plan.rng.choice([0, 0, 1, -10])
    flags = rst_flags(plan)
    anywhere(plan, "rst_data", at="next", off=where, len=40, ver=plan.next_version(), flags=flags)


@feature
def rst_checksum(plan):
    """A RST with a wrong checksum."""
    for _ in some(plan):
        anywhere(plan, "rst_checksum", at="next", flags=rst_flags(plan), bad="tcp_checksum")


@feature
def rst_timestamp(plan):
    """A RST with an old timestamp, or with none."""
    plan.setup["ts"] = True
    when = plan.rng.choice([None, -10, -(1 << 20), HALF])
    anywhere(plan, "rst_timestamp", at="next", flags=rst_flags(plan), ts=when)


@feature
def rst_ack(plan):
    """A RST whose acknowledgement is wrong."""
    anywhere(plan, "rst_ack", at="next", flags="RA", ack=plan.rng.choice([1, 1000, -1, -1000, HALF]))


@feature
def rst_option(plan):
    """A RST with an MD5 signature that nobody expects."""
    anywhere(plan, "rst_option", at="next", flags=rst_flags(plan), opt="md5")


@feature
def syn_established(plan):
    """A SYN in an established connection."""
    for _ in some(plan):
        kind = plan.rng.choice(["next", "next", "data", "edge"])
        off = plan.rng.choice([-1, 0, 1, 500, 100000])
        flags = plan.rng.choice(["S", "SA", "SP", "SPA"])
        length = plan.rng.choice([0, 0, 30])
        version = plan.next_version() if length else 0
        anywhere(plan, "syn_established", at=kind, off=off, flags=flags, len=length, ver=version)


@feature
def fin_data(plan):
    """The FIN on the last segment."""
    plan.end = "none"
    for step in plan.steps:
        if step["op"] == "seg" and "why" not in step and step["off"] + step["len"] == plan.length:
            step["flags"] = "FPA"


@feature
def fin_again(plan):
    """The FIN more than once, and data after it."""
    plan.end = "none"
    plan.steps.append(segment(plan.length, 0, flags="FA", why="fin_again"))
    for _ in some(plan):
        step = plan.rng.choice(
            [
                segment(plan.length, 0, flags="FA"),
                segment(plan.length, 0, flags="A"),
                segment(plan.length + 1, 30, ver=plan.next_version()),
                segment(plan.length, 30, ver=plan.next_version()),
                segment(plan.length - 10, 40, ver=plan.next_version()),
                segment(plan.length - 10, 10, flags="FA"),
                segment(plan.length + 1, 0, flags="FA"),
                segment(plan.length + 1, 0, flags="RA"),
                segment(plan.length, 0, flags="RA"),
            ]
        )
        plan.steps.append(dict(step, why="fin_again"))


@feature
def fin_order(plan):
    """The FIN before some of the data."""
    plan.end = "none"
    plan.shuffle(4)
    fin = segment(plan.length, 0, flags="FA", why="fin_order")
    plan.steps.insert(plan.rng.randrange(len(plan.steps) + 1), fin)


@feature
def fin_early(plan):
    """A FIN in the middle, with more data after it."""
    off = plan.rng.randrange(plan.length + 1)
    fin = segment(off, plan.rng.choice([0, 0, 20]), flags="FA", ver=plan.next_version(), why="fin_early")
    plan.steps.insert(plan.rng.randrange(len(plan.steps) + 1), fin)


@feature
def fin_outside(plan):
    """A FIN outside the window, or with a wrong checksum."""
    for _ in some(plan):
        where = plan.rng.choice(
            [
                {"at": "edge", "off": plan.rng.choice([0, 1, 1000])},
                {"at": "next", "off": -plan.rng.choice([1, 2, 50, 1 << 20])},
                {"at": "next", "bad": "tcp_checksum"},
                {"at": "next", "flags": "F"},
                {"at": "next", "ack": 5000},
            ]
        )
        anywhere(plan, "fin_outside", **{"flags": "FA", **where})


@feature
def half_close(plan):
    """Nothing at the end: the connection stays open."""
    plan.end = "none"
