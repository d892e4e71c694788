"""What tidegate delivered, beside what the application read.

What counts are the bytes that an application can read: those that the kernel took and that no hole is before. So of a
stream of tidegate's, everything up to its first gap counts and must be what was read, no byte less or more; behind a
gap stand bytes that the kernel held and that nobody ever read. A reset takes nothing away from what was readable before
it: Linux lets the application read that, and the harness reads before it looks for the error.

Several connections of the same addresses and ports are compared in order, empty ones left out.
"""

import ipaddress
import json
import subprocess
from pathlib import Path

from . import wire


class JudgeError(Exception):
    """tidegate could not be run."""


def replay(tidegate, config, pcap, directory, workers=1):
    """Replays a capture; returns the streams by (source, port), in order of their beginning."""
    streams = directory / "streams"
    command = [tidegate, "replay", pcap, "--out", directory / "events", "--streams", streams, "--workers", str(workers)]
    done = subprocess.run(command + (["--config", config] if config else []), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise JudgeError(f"tidegate replay: exit code {done.returncode}: {done.stderr.strip()}")
    found = {}
    for line in (streams / "report.json").read_text().splitlines():
        entry = json.loads(line)
        source = (ipaddress.ip_address(entry["src_ip"]).packed, entry["src_port"])
        found.setdefault(source, []).append(entry)
    for entries in found.values():
        entries.sort(key=lambda entry: (entry["start"], len(entry["file"] or ""), entry["file"] or ""))
    return found, streams


def readable(entry, streams):
    """The bytes of a stream before its first gap."""
    if entry["file"] is None:
        return b""
    # What lies behind a gap may lie gigabytes behind it.
    most = entry["gaps"][0][0] if entry["gaps"] else entry["bytes"]
    with open(Path(streams, entry["file"]), "rb") as file:
        return file.read(most)


class Verdict:
    """One connection's comparison."""

    def __init__(self, connection, entries, streams):
        self.schedule = connection.schedule
        self.key = connection.key
        self.expected = [result["bytes"] for result in connection.results if result["bytes"]]
        self.ends = [result["end"] for result in connection.results]
        self.entries = entries
        self.found = [data for data in (readable(entry, streams) for entry in entries) if data]
        self.agrees = self.expected == self.found and not self.wrong_end()

    def wrong_end(self):
        """How an end that tidegate reports (`end`) is not what the application met, where there is one connection."""
        if len(self.ends) != 1 or len(self.entries) != 1 or "end" not in self.entries[0]:
            return None
        met, told = self.ends[0], self.entries[0]["end"]
        # The harness closes each connection by a reset from the kernel's side, so an open one may be told as reset.
        if (met == "eof") != (told == "fin") or (met == "reset" and told != "rst"):
            return f"the application met {met}, tidegate tells {told}"
        return None

    def difference(self):
        """In a few words, what is different."""
        if len(self.expected) != len(self.found):
            if not self.found:
                return f"the application read {len(self.expected[0])} bytes, tidegate delivered none"
            if not self.expected:
                return f"the application read nothing, tidegate delivered {len(self.found[0])} bytes"
            return f"{len(self.expected)} connections with data, tidegate has {len(self.found)}"
        for expected, found in zip(self.expected, self.found):
            if expected == found:
                continue
            for at, (right, wrong) in enumerate(zip(expected, found)):
                if right != wrong:
                    return (
                        f"at byte {at} the application read version {right & 7},"
                        f" tidegate delivered version {wrong & 7}"
                    )
            return f"the application read {len(expected)} bytes, tidegate delivered {len(found)}"
        return self.wrong_end() or "none"

    def kind(self):
        """The difference without its numbers, to count by."""
        if len(self.expected) != len(self.found):
            return "missing" if len(self.found) < len(self.expected) else "extra"
        for expected, found in zip(self.expected, self.found):
            if expected != found:
                common = min(len(expected), len(found))
                if expected[:common] != found[:common]:
                    return "other bytes"
                return "too few" if len(found) < len(expected) else "too many"
        return "other end" if self.wrong_end() else "none"


def compare(connections, frames, tidegate, config, directory):
    """The verdicts on all connections."""
    pcap = directory / "frames.pcap"
    wire.write_pcap(pcap, frames)
    streams, files = replay(tidegate, config, pcap, directory)
    return [Verdict(connection, streams.get(connection.key, []), files) for connection in connections]


def frames_of(frames, key):
    """The frames of one connection."""
    address, port = key
    chosen = []
    for ns, data in frames:
        packet = wire.parse(data)
        if packet and ((packet.src, packet.sport) == key or (packet.dst, packet.dport) == (address, port)):
            chosen.append((ns, data))
    return chosen
