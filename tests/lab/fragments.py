#!/usr/bin/env python3
"""Asks this machine's kernel what it makes of fragments.

usage: tests/lab/fragments.py [--seed N] [--count N] [--out DIR] [--check] [--shrink SCHEDULE]

Sends seeded random schedules of fragments (splits, reorders, repetitions, overlaps with the same and with other bytes,
fragments past the end, second ends, odd and zero lengths, mixed ECN) over a veth into a network namespace of its own,
half of them IPv4 and half IPv6, and writes to DIR:

  fragments.pcap  every frame that was sent, in order
  expected.json   for each schedule its IP identification and the payloads that a raw socket read, in order

With --check, `cargo test --test defrag_kernel` compares the defragmenter with that; when they differ,
--shrink SCHEDULE (the number that the test names) prints the least of its fragments over which they still do.

Without --out the files go to tests/captures/fragments, which are what the test reads by itself; the committed ones
were made with the defaults. Needs root, iproute2, and a kernel whose answers are wanted: the policy `linux` of the
defragmenter is that of Linux since 4.20.

Exit codes: 0 done, 1 the kernel and the defragmenter differ or the lab failed, 2 wrong use.
"""

import argparse
import ctypes
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "tests" / "captures" / "fragments"
SPACE = "defrag-kernel"
CLONE_NEWNET = 0x4000_0000
# RFC 3692: a protocol number for experiments, so that nothing above IP has an opinion.
PROTO = 253
V4 = "10.78.0.2", "10.78.0.1"
V6 = "fd78::2", "fd78::1"
MAC = bytes.fromhex("020000780002"), bytes.fromhex("020000780001")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"fragments.py: {' '.join(command)}: {done.stderr.strip()}")


def enter():
    """A namespace of our own with a veth, whose two ends are both in it."""
    run("ip", "netns", "add", SPACE)
    run("ip", "-n", SPACE, "link", "add", "in", "type", "veth", "peer", "name", "out")
    run("ip", "-n", SPACE, "link", "set", "in", "address", MAC[1].hex(":"))
    for command in (
        ("link", "set", "lo", "up"),
        ("link", "set", "out", "up"),
        ("link", "set", "in", "up"),
        ("addr", "add", f"{V4[1]}/24", "dev", "in"),
        ("-6", "addr", "add", f"{V6[1]}/64", "dev", "in", "nodad"),
    ):
        run("ip", "-n", SPACE, *command)
    namespace = os.open(f"/run/netns/{SPACE}", os.O_RDONLY)
    # Python has os.setns only since 3.12.
    if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET):
        sys.exit(f"fragments.py: setns: {os.strerror(ctypes.get_errno())}")
    os.close(namespace)
    for name, value in (
        ("ipv4/conf/all/rp_filter", 0),
        ("ipv4/conf/in/rp_filter", 0),
        # How far apart fragments may be is a matter of other traffic; here there is none that counts.
        ("ipv4/ipfrag_max_dist", 0),
        ("ipv4/ipfrag_high_thresh", 1 << 28),
        ("ipv6/ip6frag_high_thresh", 1 << 28),
    ):
        Path("/proc/sys/net", name).write_text(str(value), encoding="ascii")


def leave():
    subprocess.run(("ip", "netns", "del", SPACE), capture_output=True, check=False)


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(v6, number, offset, more, tos, payload):
    """One fragment; `number` is the schedule's and becomes the identification."""
    field = offset | more if v6 else more << 13 | offset // 8
    if v6:
        ends = (socket.inet_pton(socket.AF_INET6, address) for address in V6)
        header = struct.pack(">IHBB16s16s", 6 << 28 | tos << 20, 8 + len(payload), 44, 64, *ends)
        header += struct.pack(">BBHI", PROTO, 0, field, number)
        return MAC[1] + MAC[0] + b"\x86\xdd" + header + payload
    ends = (socket.inet_aton(address) for address in V4)
    header = struct.pack(">BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), number, field, 64, PROTO, 0, *ends)
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return MAC[1] + MAC[0] + b"\x08\0" + header + payload


def schedule(rng):
    """Fragments of one packet: [offset, more, tos, payload], in the order in which they are sent."""
    length = rng.randrange(9, 200)
    data = rng.randbytes(length)
    cuts = sorted({0, *(rng.randrange(8, length, 8) for _ in range(rng.randrange(0, 7)) if length > 8)})
    pieces = list(zip(cuts, cuts[1:] + [length]))
    if len(pieces) == 1:
        pieces = [(0, 8), (8, length)]
    tos = rng.choice((0, 0, 0, 1, 2))
    fragments = [[begin, int(end != length), tos, data[begin:end]] for begin, end in pieces]
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 5))):
        begin = rng.randrange(0, length // 8 + 1) * 8
        end = min(begin + rng.randrange(1, 6) * 8, length)
        version = data if rng.random() < 0.6 else rng.randbytes(length)
        match rng.randrange(8):
            case 0:
                fragments.append(list(rng.choice(fragments)))
            case 1 | 2 | 3:
                fragments.append([begin, int(end < length), tos, version[begin:end]])
            case 4:
                fragments.append([(length + 7) // 8 * 8 + rng.choice((0, 8)), rng.randrange(2), tos, rng.randbytes(8)])
            case 5:
                fragments.append([begin, 0, tos, version[begin:end]])
            case 6:
                fragments.append([begin, 1, tos, version[begin : begin + rng.randrange(0, 24)]])
            case 7:
                rng.choice(fragments)[2] = 3
    match rng.randrange(4):
        case 0:
            fragments.reverse()
        case 1 | 2:
            rng.shuffle(fragments)
    if rng.random() < 0.3:
        # The whole of it again: what a queue that was thrown away makes of the rest.
        fragments += [list(fragment) for fragment in fragments]
    # An offset of 0 with nothing to follow is no fragment.
    return [fragment for fragment in fragments if fragment[0] or fragment[1]]


class Lab:
    """The sending and the reading end."""

    def __init__(self):
        self.line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.line.bind(("out", 0))
        self.readers = []
        for family in (socket.AF_INET, socket.AF_INET6):
            reader = socket.socket(family, socket.SOCK_RAW, PROTO)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            reader.setblocking(False)
            self.readers.append(reader)

    def read(self, v6):
        """What has become whole since the last time."""
        payloads = []
        while True:
            try:
                packet = self.readers[v6].recv(1 << 16)
            except BlockingIOError:
                return payloads
            # IPv4 raw sockets read the header too.
            payloads.append(packet if v6 else packet[(packet[0] & 15) * 4 :])

    def answer(self, v6, frames):
        for data in frames:
            self.line.send(data)
        payloads = self.read(v6)
        if not payloads:
            # A veth delivers within the call; what is late all the same is waited for once.
            time.sleep(0.0002)
            payloads = self.read(v6)
        return payloads


def write(out, sent, expected):
    capture = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for number, data in enumerate(sent):
        # Ten microseconds apart: no packet times out.
        capture += struct.pack("<IIII", 1_700_000_000 + number // 100_000, number % 100_000 * 10, len(data), len(data))
        capture += data
    out.mkdir(parents=True, exist_ok=True)
    (out / "fragments.pcap").write_bytes(capture)
    text = json.dumps({"kernel": os.uname().release, "schedules": expected}, indent=None, separators=(",", ":"))
    (out / "expected.json").write_text(text.replace('{"number"', '\n{"number"') + "\n", encoding="ascii")


def check(out):
    """Whether the defragmenter agrees; prints what the test prints when it does not."""
    command = ["cargo", "test", "--quiet", "--test", "defrag_kernel"]
    environment = {**os.environ, "TIDEGATE_FRAGMENTS": str(out)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def make(lab, seed, count, out):
    rng = random.Random(seed)
    sent, expected, all_fragments = [], [], []
    for number in range(1, count + 1):
        v6 = number % 2
        fragments = schedule(rng)
        frames = [frame(v6, number, *fragment) for fragment in fragments]
        payloads = lab.answer(v6, frames)
        sent += frames
        all_fragments.append(fragments)
        expected.append({"number": number, "v6": bool(v6), "payloads": [payload.hex() for payload in payloads]})
    write(out, sent, expected)
    whole = sum(len(one["payloads"]) for one in expected)
    print(f"{count} schedules, {len(sent)} fragments, {whole} packets became whole (Linux {os.uname().release})")
    return all_fragments


def shrink(lab, number, fragments):
    """Leaves out fragments for as long as the kernel and the defragmenter still differ."""
    v6 = number % 2
    with tempfile.TemporaryDirectory() as folder:
        attempt = 0x8000

        def differ(candidate):
            nonlocal attempt
            attempt += 1
            frames = [frame(v6, attempt, *fragment) for fragment in candidate]
            payloads = [payload.hex() for payload in lab.answer(v6, frames)]
            write(Path(folder), frames, [{"number": attempt, "v6": bool(v6), "payloads": payloads}])
            return check(folder).returncode != 0

        if not differ(fragments):
            sys.exit(f"fragments.py: schedule {number} does not differ by itself")
        at = 0
        while at < len(fragments):
            candidate = fragments[:at] + fragments[at + 1 :]
            if candidate and differ(candidate):
                fragments = candidate
            else:
                at += 1
    for offset, more, tos, payload in fragments:
        print(f"offset {offset:4} length {len(payload):3} more {more} tos {tos} {payload.hex()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=600, help="schedules, at most 30000 (default 600)")
    parser.add_argument("--out", type=Path, default=CAPTURES)
    parser.add_argument("--check", action="store_true", help="compare the defragmenter with the kernel's answers")
    parser.add_argument("--shrink", type=int, metavar="SCHEDULE")
    options = parser.parse_args()
    if not 1 <= options.count <= 30000:
        parser.error(f"found --count {options.count}, expected 1 to 30000")
    if os.geteuid():
        sys.exit("fragments.py: needs root")
    # One processor: fragments are received in the order in which they were sent.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("fragments.py: terminated"))
    try:
        enter()
        lab = Lab()
        schedules = make(lab, options.seed, options.count, options.out)
        if options.shrink is not None:
            shrink(lab, options.shrink, schedules[options.shrink - 1])
    finally:
        leave()
    if options.check:
        done = check(options.out)
        if done.returncode:
            sys.exit("fragments.py: the defragmenter differs from the kernel\n" + done.stdout + done.stderr)
        print("the defragmenter agrees")


main()
