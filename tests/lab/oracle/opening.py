"""Features that are about the handshake: what comes before it is complete. Their steps go between the kernel's SYN-ACK
and the ACK (the crafted side is the client), or between the kernel's SYN and the SYN-ACK (it is the server)."""

from .features import HALF, feature, some
from .schedule import segment


def before(plan, why, **fields):
    """A segment before the handshake is complete."""
    step = segment(0, 0, why=why)
    step.update(fields)
    plan.opening.append(step)


@feature
def opening_ack(plan):
    """An acknowledgement of something else than the SYN, with data or without."""
    for _ in some(plan):
        length = plan.rng.choice([0, 20])
        version = plan.next_version() if length else 0
        before(plan, "opening_ack", len=length, ver=version, ack=plan.rng.choice([1, -1, 1000, -1000, HALF]))


@feature
def opening_data(plan):
    """Data that does not acknowledge the SYN."""
    for _ in some(plan):
        flags = plan.rng.choice(["P", ""])
        before(plan, "opening_data", len=20, ver=plan.next_version(), flags=flags, ack=None)


@feature
def opening_early(plan):
    """Data before the handshake's last segment: in order, out of order, and outside the window."""
    for _ in some(plan):
        off = plan.rng.choice([0, 0, 10, 500, 100000, -20, -HALF])
        before(plan, "opening_early", off=off, len=20, ver=plan.next_version())


@feature
def opening_broken(plan):
    """Data that would complete the handshake, but has a wrong checksum, an old timestamp or a signature."""
    for _ in some(plan):
        wrong = plan.rng.choice([{"bad": "tcp_checksum"}, {"ts": -1000}, {"ts": None}, {"opt": "md5"}])
        before(plan, "opening_broken", len=20, ver=plan.next_version(), **wrong)


@feature
def opening_reset(plan):
    """A RST that does not end what has hardly begun."""
    choices = [
        {"off": plan.rng.choice([1, 100, 100000, -1, HALF]), "flags": "R", "ack": None},
        {"flags": "R", "ack": None, "bad": "tcp_checksum"},
        {"off": plan.rng.choice([1, -1, 1000]), "flags": "RA"},
        {"flags": "RA", "ack": plan.rng.choice([1, -1, 1000])},
    ]
    for _ in some(plan):
        before(plan, "opening_reset", **plan.rng.choice(choices))


@feature
def opening_refused(plan):
    """A RST that does."""
    before(plan, "opening_refused", flags=plan.rng.choice(["R", "RA"]))


@feature
def opening_syn(plan):
    """The SYN again, or another one."""
    for _ in some(plan):
        length = plan.rng.choice([0, 0, 20])
        version = plan.next_version() if length else 0
        off = plan.rng.choice([-1, -1, 0, 1, 5000, HALF])
        before(plan, "opening_syn", off=off, flags="S", ack=None, len=length, ver=version)


@feature
def opening_fin(plan):
    """A FIN before the handshake is complete, in its place or not."""
    flags = plan.rng.choice(["FA", "F", "SF"])
    before(plan, "opening_fin", off=plan.rng.choice([0, 0, -1, 20]), flags=flags, ack=plan.rng.choice([0, 0, None, 1]))


@feature
def simultaneous(plan):
    """Both sides open (RFC 9293 section 3.5)."""
    plan.setup["role"] = "server"
    plan.setup["simultaneous"] = plan.rng.choice(["A", "SA"])
