"""A schedule: what one connection is like and what is sent on it, step by step; all of it plain data, so that a step
can be left out and what is left still means something.

A step that sends a segment (`op` "seg") has:

  at, off   where its first byte lies: `off` from the stream's first byte ("data"), from the number the receiver
            expects next ("next"), from the right edge of the largest window it advertised ("edge"), or from the end
            of what it holds out of order ("held")
  len, ver  how many bytes, and which version of the stream they are of; 0 is the true one
  flags     letters; ack: None for no number, else the difference from what is right
  ts        None for no timestamps option, else the difference from the sender's clock; "off" where none was agreed on
  bad       what wire.frame breaks; opt: "md5", "ao" or "malformed"
  urg       the urgent pointer, counted from the segment's first byte
  win       the advertised window; reserved: reserved bits
  why       the feature it is there for

Other steps: read (how many bytes the application reads now), pause and resume (of an application that otherwise reads
whatever is there), write (what the application sends).

A byte says where it stands and which version it is of: the low three bits are the version.
"""

import random

VERSIONS = 8
MULTIPLIER = 2654435761


def content(seed, offset, length, version):
    """Bytes of a stream from `offset` on, in one of its versions."""
    if offset < 0:
        return bytes([0xF8 | version]) * min(length, -offset) + content(seed, 0, max(0, length + offset), version)
    base = seed * 40503
    return bytes([((base + at) * MULTIPLIER >> 13 & 0xF8) | version for at in range(offset, offset + length)])


def segment(off, length, **fields):
    """A step that sends a segment of the true stream, unless `fields` say otherwise."""
    step = {"op": "seg", "at": "data", "off": off, "len": length, "ver": 0, "flags": "A", "ack": 0, "ts": 0}
    step.update(fields)
    return step


class Plan:
    """A schedule in the making."""

    def __init__(self, seed, role):
        self.seed = seed
        self.rng = random.Random(f"{role}/{seed}")
        self.version = 0
        rng = self.rng
        self.setup = {
            "role": role,
            "v6": rng.random() < 0.25,
            "isn": rng.randrange(1 << 32),
            "ts": rng.random() < 0.6,
            "sack": rng.random() < 0.7,
            "wscale": rng.choice([None, 0, 2, 7, 14]),
            "mss": rng.choice([536, 1400, 1460]),
            "clock": rng.randrange(1, 1 << 32),
            "listener": "normal",
            "syn_len": 0,
            "quick": rng.random() < 0.2,
            "simultaneous": None,
        }
        self.length = rng.choice([rng.randrange(50, 400), rng.randrange(200, 3000), rng.randrange(1000, 6000)])
        self.opening = []
        self.steps = []
        self.end = rng.choice(["fin", "fin", "rst", "none"])
        self.features = set()

    def split(self, smallest=1, largest=1400):
        """The true stream in segments of random lengths."""
        at = 0
        most = self.rng.choice([20, 200, 700, largest])
        most = max(smallest, min(largest, most))
        while at < self.length:
            length = min(self.rng.randint(smallest, most), self.length - at)
            flags = "PA" if self.rng.random() < 0.3 else "A"
            self.steps.append(segment(at, length, flags=flags))
            at += length

    def shuffle(self, reach):
        """Lets segments change places with others up to `reach` away."""
        steps = self.steps
        for at in range(len(steps)):
            other = min(len(steps) - 1, at + self.rng.randrange(reach))
            steps[at], steps[other] = steps[other], steps[at]

    def next_version(self):
        """A version that was not used yet, as long as there is one."""
        self.version = self.version % (VERSIONS - 1) + 1
        return self.version

    def genuine(self):
        """Places of the true segments."""
        return [at for at, step in enumerate(self.steps) if step["op"] == "seg" and "why" not in step]

    def insert(self, where, why, /, **fields):
        """Puts a step of a feature in front of another one."""
        step = segment(0, 0, why=why)
        step.update(fields)
        self.steps.insert(where, step)

    def evil(self, why, /, **fields):
        """In front of a true segment, puts another version of it which something is wrong with."""
        places = self.genuine()
        if not places:
            return
        at = self.rng.choice(places)
        true = self.steps[at]
        longer = self.rng.choice([0, 0, 0, 7])
        place = {"off": true["off"], "len": true["len"] + longer, "ver": self.next_version(), "flags": true["flags"]}
        place.update(fields)
        self.insert(at, why, **place)

    def schedule(self):
        """The schedule as plain data."""
        if self.end == "fin":
            self.steps.append(segment(self.length, 0, flags="FA", why="end"))
        elif self.end == "rst":
            self.steps.append(segment(0, 0, at="next", flags="RA", why="end"))
        return {
            "seed": self.seed,
            "setup": self.setup,
            "length": self.length,
            "opening": self.opening,
            "steps": self.steps,
            "features": sorted(self.features),
        }


def describe(schedule):
    """The schedule for people, a line a step."""
    setup = schedule["setup"]
    lines = [
        f"seed {schedule['seed']}: the crafted side is the {setup['role']}, IPv{6 if setup['v6'] else 4},"
        f" ISN {setup['isn']}, timestamps {setup['ts']}, SACK {setup['sack']}, window scale {setup['wscale']},"
        f" {setup['listener']} receiver, data with the SYN {setup['syn_len']},"
        f" first segment completes the handshake {setup['quick']}; features {', '.join(schedule['features'])}"
    ]
    if setup["simultaneous"]:
        lines.append(f"      both sides open; the crafted one completes it with {setup['simultaneous']}")
    lines += [f"   -  {describe_step(step)} before the handshake is complete" for step in schedule["opening"]]
    for number, step in enumerate(schedule["steps"]):
        lines.append(f"{number:4}  {describe_step(step)}")
    return "\n".join(lines)


PLACES = {"data": "", "next": "expected", "edge": "right edge", "held": "end of held"}


def describe_step(step):
    """One step for people."""
    if step["op"] != "seg":
        return " ".join(str(step[key]) for key in ("op", "len") if key in step)
    words = [f"{step['flags'] or 'no flags'}"]
    place = PLACES[step["at"]]
    words.append(f"{place}{step['off']:+d}" if place else f"{step['off']}..{step['off'] + step['len']}")
    if step["len"]:
        words.append(f"{step['len']} bytes" + (f" of version {step['ver']}" if step["ver"] else ""))
    if step["ack"] is None:
        words.append("ack 0")
    elif step["ack"]:
        words.append(f"ack {step['ack']:+d}")
    if step["ts"] is None or step["ts"] == "off":
        words.append("no timestamps" if step["ts"] is None else "unexpected timestamps")
    elif step["ts"]:
        words.append(f"timestamp {step['ts']:+d}")
    words += [f"{key} {step[key]}" for key in ("bad", "opt", "urg", "win", "reserved") if step.get(key) is not None]
    if "why" in step:
        words.append(f"({step['why']})")
    return ", ".join(words)
