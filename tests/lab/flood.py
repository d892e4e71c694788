"""Sends small UDP frames as fast as one core can. usage: flood.py INTERFACE FRAMES"""

import socket
import struct
import sys


def frame(number):
    """64 bytes from 10.78.1.x to 10.78.2.1 with valid IPv4 checksum; the UDP checksum is left out (RFC 768)."""
    ports = struct.pack("!HHHH", 1024 + number, 9, 30, 0)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 50, number, 0, 64, 17, 0, bytes([10, 78, 1, number]), bytes([10, 78, 2, 1]))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    head = head[:10] + struct.pack("!H", checksum) + head[12:]
    return bytes.fromhex("0200000000010200000000020800") + head + ports + bytes(22)


def main():
    interface, count = sys.argv[1], int(sys.argv[2])
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((interface, 0))
        frames = [frame(number) for number in range(1, 65)]
        for number in range(count):
            out.send(frames[number % len(frames)])


main()
