"""Turns a capture of link type RAW into one of link type NULL. Arguments: input, output.

NULL frames begin with the address family as a 32-bit number in the byte order of the capturing host: 2 is IPv4,
30 is IPv6 where the format was used most (https://www.tcpdump.org/linktypes.html, LINKTYPE_NULL). RAW is 101 in
files; the input is little-endian with microseconds, as tcpdump writes it on this kind of host.
"""

import struct
import sys

FAMILY = {4: 2, 6: 30}
HEADER = struct.Struct("<IHHiIII")
RECORD = struct.Struct("<IIII")
RAW, NULL = 101, 0

with open(sys.argv[1], "rb") as source:
    data = source.read()
magic, major, minor, zone, accuracy, snap, link = HEADER.unpack_from(data)
if magic != 0xA1B2C3D4 or link != RAW:
    sys.exit(f"{sys.argv[1]}: not a little-endian microsecond capture of link type RAW")

with open(sys.argv[2], "wb") as target:
    target.write(HEADER.pack(magic, major, minor, zone, accuracy, snap, NULL))
    at = HEADER.size
    while at < len(data):
        seconds, micros, captured, original = RECORD.unpack_from(data, at)
        at += RECORD.size
        packet = data[at : at + captured]
        at += captured
        target.write(RECORD.pack(seconds, micros, captured + 4, original + 4))
        target.write(struct.pack("<I", FAMILY[packet[0] >> 4]) + packet)
