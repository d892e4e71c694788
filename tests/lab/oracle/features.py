"""What a schedule can have in it, by name: each feature changes a plan whose true segments stand in it already."""

from .schedule import segment

FEATURES = {}
HALF = 1 << 31


def feature(function):
    """Registers a feature under its function's name."""
    FEATURES[function.__name__] = function
    return function


def some(plan, most=3):
    """A few times."""
    return range(plan.rng.randint(1, most))


# --- what a sound sender may do ------------------------------------------------------------------------------------


@feature
def split(_plan):
    """Nothing but segments in order, to compare with."""


@feature
def reorder(plan):
    """Segments out of order."""
    plan.shuffle(plan.rng.choice([2, 4, 8]))


@feature
def duplicate(plan):
    """Segments twice, anywhere."""
    for _ in some(plan, 5):
        step = dict(plan.steps[plan.rng.choice(plan.genuine())], why="duplicate")
        plan.steps.insert(plan.rng.randrange(len(plan.steps) + 1), step)


@feature
def tiny(plan):
    """Segments of one byte and hardly more."""
    plan.length = min(plan.length, 120)
    plan.steps = []
    plan.split(1, plan.rng.choice([1, 2, 5]))


@feature
def wrap(plan):
    """Sequence numbers that pass 2^32 within the stream."""
    plan.setup["isn"] = (1 << 32) - plan.rng.randrange(1, plan.length + 2)


@feature
def server_data(plan):
    """The application sends, too."""
    for _ in some(plan):
        plan.steps.insert(plan.rng.randrange(len(plan.steps) + 1), {"op": "write", "len": plan.rng.choice([1, 80, 700])})


@feature
def keepalive(plan):
    """Keep-alives: the byte before the next one, or no byte at all."""
    for _ in some(plan):
        length = plan.rng.choice([0, 1, 1])
        at = plan.rng.randrange(len(plan.steps) + 1)
        plan.insert(at, "keepalive", at="next", off=-1, len=length, ver=plan.next_version())


@feature
def syn_data(plan):
    """Data with the SYN, which a receiver without fast open forgets."""
    plan.setup["syn_len"] = plan.rng.choice([1, 20, 400])


@feature
def ecn_flags(plan):
    """ECE, CWR and reserved bits."""
    for _ in some(plan):
        plan.evil("ecn_flags", flags=plan.rng.choice(["PAE", "PAC", "PAEC", "A"]), reserved=plan.rng.choice([0, 1, 8, 14]))


# --- overlaps ------------------------------------------------------------------------------------------------------


def stray(plan, version, why):
    """A segment anywhere in the stream, at any time."""
    length = plan.rng.randint(1, min(plan.length, 1400))
    off = plan.rng.randrange(plan.length - length + 1)
    step = segment(off, length, ver=version, why=why)
    plan.steps.insert(plan.rng.randrange(len(plan.steps) + 1), step)


@feature
def overlap_same(plan):
    """Overlaps that agree."""
    if plan.rng.random() < 0.7:
        plan.shuffle(6)
    for _ in some(plan, 6):
        stray(plan, 0, "overlap_same")


@feature
def overlap_other(plan):
    """Overlaps that differ."""
    plan.shuffle(plan.rng.choice([2, 6, 12]))
    for _ in some(plan, 7):
        stray(plan, plan.next_version(), "overlap_other")


@feature
def left_partial(plan):
    """Segments that begin before the next byte and end behind it."""
    for _ in some(plan):
        before, after = plan.rng.randint(1, 30), plan.rng.randint(1, 60)
        at = plan.rng.randrange(1, len(plan.steps) + 1)
        plan.insert(at, "left_partial", at="next", off=-before, len=before + after, ver=plan.next_version())


# --- segments that a receiver does not take ----------------------------------------------------------------------------


@feature
def tcp_checksum(plan):
    """A wrong TCP checksum."""
    for _ in some(plan):
        plan.evil("tcp_checksum", bad="tcp_checksum")


@feature
def ip_checksum(plan):
    """A wrong IPv4 header checksum."""
    plan.setup["v6"] = False
    for _ in some(plan):
        plan.evil("ip_checksum", bad="ip_checksum")


@feature
def data_offset(plan):
    """A data offset that is too small or points behind the end."""
    for _ in some(plan):
        plan.evil("data_offset", bad=plan.rng.choice(["offset_short", "offset_long"]), len=plan.rng.randint(1, 20))


@feature
def window_right(plan):
    """Bytes at and beyond the right edge of the window."""
    plan.setup["listener"] = "small"
    plan.length = max(plan.length, 6000)
    plan.steps = []
    plan.split()
    for _ in some(plan, 4):
        delta = plan.rng.choice([-40, -1, 0, 1, 100, 5000, 1 << 16, 1 << 20, 1 << 30, HALF - 1 - (1 << 20)])
        at = plan.rng.randrange(len(plan.steps) + 1)
        length = plan.rng.choice([1, 80, 600])
        plan.insert(at, "window_right", at="edge", off=delta, len=length, ver=plan.next_version())


@feature
def window_left(plan):
    """Bytes far before the next one."""
    for _ in some(plan):
        delta = plan.rng.choice([10, 1000, 1 << 16, 1 << 20, 1 << 30, HALF - 1, HALF, HALF + 1, HALF + 4000])
        at = plan.rng.randrange(len(plan.steps) + 1)
        length = min(delta, plan.rng.choice([1, 10, 500]))
        plan.insert(at, "window_left", at="next", off=-delta, len=length, ver=plan.next_version())


@feature
def window_closed(plan):
    """An application that stops reading: the window closes, is probed, and opens again."""
    plan.setup["listener"] = "small"
    plan.length = max(plan.length, 9000)
    plan.steps = []
    plan.split(200)
    pause = plan.rng.randrange(max(1, len(plan.steps) // 2))
    plan.steps.insert(pause, {"op": "pause"})
    for _ in some(plan, 4):
        at = plan.rng.randrange(pause + 1, len(plan.steps) + 1)
        length = plan.rng.choice([1, 1, 100])
        plan.insert(at, "window_closed", at=plan.rng.choice(["edge", "next"]), len=length, ver=plan.next_version())
    plan.steps.append({"op": "resume"})
    # What was refused is sent again, as a sound sender would.
    plan.steps += [dict(step, why="again") for step in plan.steps if step["op"] == "seg" and "why" not in step]


@feature
def paws_old(plan):
    """Timestamps from the past."""
    plan.setup["ts"] = True
    for _ in some(plan):
        plan.evil("paws_old", ts=-plan.rng.choice([1, 2, 3, 10, 1000, 1 << 20, HALF - 1, HALF - 2000]))


@feature
def paws_jump(plan):
    """Timestamps from the future, after which the present is the past."""
    plan.setup["ts"] = True
    plan.evil("paws_jump", ts=plan.rng.choice([5, 1000, 1 << 20, HALF - 1, HALF, HALF + 1]))


@feature
def ts_missing(plan):
    """No timestamps where they were agreed on."""
    plan.setup["ts"] = True
    for _ in some(plan):
        plan.evil("ts_missing", ts=None)


@feature
def ts_unexpected(plan):
    """Timestamps where none were agreed on, old ones too."""
    plan.setup["ts"] = False
    for _ in some(plan):
        plan.evil("ts_unexpected", ts="off")


@feature
def md5(plan):
    """An MD5 signature where none is expected (RFC 2385)."""
    for _ in some(plan):
        plan.evil("md5", opt="md5")


@feature
def tcp_ao(plan):
    """An authentication option where none is expected (RFC 5925)."""
    for _ in some(plan):
        plan.evil("tcp_ao", opt="ao")


@feature
def bad_option(plan):
    """Options that cannot be read."""
    for _ in some(plan):
        plan.evil("bad_option", opt="malformed")


@feature
def no_ack(plan):
    """Data without ACK."""
    for _ in some(plan):
        plan.evil("no_ack", flags=plan.rng.choice(["P", "P", "PU", ""]), ack=plan.rng.choice([None, 0]))


@feature
def ack_unsent(plan):
    """An acknowledgement of what was never sent."""
    for _ in some(plan):
        plan.evil("ack_unsent", ack=plan.rng.choice([1, 2, 1000, 1 << 20, HALF - 1]))


@feature
def ack_old(plan):
    """An acknowledgement that is too old to be true."""
    if plan.rng.random() < 0.6:
        server_data(plan)
    for _ in some(plan):
        plan.evil("ack_old", ack=-plan.rng.choice([1, 2, 100, 700, 70000, 1 << 20, HALF - 1, HALF]))


@feature
def flags_illegal(plan):
    """Combinations of flags that no sound sender uses."""
    for _ in some(plan):
        flags = plan.rng.choice(["", "U", "FPU", "FPUA", "F", "SF", "SFA", "SFPU", "SP", "SFRPAUEC", "SFRPAU"])
        plan.evil("flags_illegal", flags=flags, ack=plan.rng.choice([0, None]))


@feature
def urgent(plan):
    """Urgent data, which the application reads in its place."""
    plan.setup["listener"] = "inline"
    urgent_pointers(plan, "urgent")


@feature
def urgent_apart(plan):
    """Urgent data, which is taken out of what the application reads."""
    urgent_pointers(plan, "urgent_apart")


def urgent_pointers(plan, why):
    """Gives true segments an urgent pointer."""
    for _ in some(plan):
        step = plan.steps[plan.rng.choice(plan.genuine() or [0])]
        step["flags"] = "UPA"
        step["urg"] = plan.rng.choice([0, 1, step["len"], step["len"] + 1, plan.rng.randint(1, 65535)])
        step["why"] = why
