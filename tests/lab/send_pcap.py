"""Sends the frames of a capture (little-endian pcap, Ethernet), in order and at an even pace.

usage: send_pcap.py INTERFACE FILE FRAMES_A_SECOND
"""

import socket
import struct
import sys
import time

interface, path, rate = sys.argv[1], sys.argv[2], float(sys.argv[3])
with open(path, "rb") as file:
    data = file.read()
if data[:4] != b"\xd4\xc3\xb2\xa1" or struct.unpack_from("<I", data, 20)[0] != 1:
    sys.exit(f"{path}: found something else, expected little-endian pcap of Ethernet frames")
line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
line.bind((interface, 0))
at, due = 24, time.monotonic()
while at < len(data):
    (length,) = struct.unpack_from("<I", data, at + 8)
    line.send(data[at + 16 : at + 16 + length])
    at += 16 + length
    due += 1 / rate
    time.sleep(max(0, due - time.monotonic()))
