"""Sends crafted IPv6 packets from eth0 to the UDP sink on port 9000.

Arguments: source address, destination address, source MAC, destination MAC.
"""

import sys

from scapy.all import (
    UDP,
    Ether,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
    Raw,
    sendp,
)

source, destination, source_mac, destination_mac = sys.argv[1:]
PLANTED = b"Project Tern: confidential. The launch valuation of Tern is 41 million, see the term sheet.\n"


def pad(length=4):
    return [PadN(optdata=bytes(length))]


def udp(port, payload):
    return UDP(sport=port, dport=9000) / Raw(payload)


frame = Ether(src=source_mac, dst=destination_mac)
packet = IPv6(src=source, dst=destination)
# A routing header that is used up: no segments left, so every node skips it (RFC 8200 section 4.4).
routing = IPv6ExtHdrRouting(type=0, segleft=0, addresses=[])

sendp(
    [
        # Hop-by-hop, destination options, routing, destination options, UDP: the recommended order, all at once.
        frame
        / packet
        / IPv6ExtHdrHopByHop(options=pad())
        / IPv6ExtHdrDestOpt(options=pad())
        / routing
        / IPv6ExtHdrDestOpt(options=pad())
        / udp(40101, PLANTED),
        # Destination options alone.
        frame / packet / IPv6ExtHdrDestOpt(options=pad()) / udp(40102, b"good morning\n"),
        # No next header (59): what follows is not to be looked at (section 4.7).
        frame / packet / IPv6ExtHdrDestOpt(nh=59, options=pad()) / Raw(b"ignored"),
    ],
    iface="eth0",
    inter=0.05,
    verbose=False,
)
