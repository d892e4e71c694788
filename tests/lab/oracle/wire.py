"""Ethernet, IP and TCP: frames out of fields, fields out of frames, and capture files."""

import socket
import struct
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
LETTERS = {"F": FIN, "S": SYN, "R": RST, "P": PSH, "A": ACK, "U": URG, "E": ECE, "C": CWR}
MOD = 1 << 32

CRAFTED_MAC = bytes.fromhex("020000000002")
KERNEL_MAC = bytes.fromhex("020000000001")
ETH4 = KERNEL_MAC + CRAFTED_MAC + b"\x08\x00"
ETH6 = KERNEL_MAC + CRAFTED_MAC + b"\x86\xdd"
ICMP_ID = 0x7467


def flag_bits(letters):
    """The flags byte that letters like "PA" stand for."""
    bits = 0
    for letter in letters:
        bits |= LETTERS[letter]
    return bits


def flag_letters(bits):
    """The opposite of flag_bits."""
    return "".join(letter for letter, bit in LETTERS.items() if bits & bit) or "-"


def checksum(data):
    """The Internet checksum (RFC 1071): the sum in ones' complement is the number modulo 65535."""
    if len(data) % 2:
        data += b"\0"
    return 0xFFFF - int.from_bytes(data, "big") % 0xFFFF


def frame(src, dst, sport, dport, seq, ack, flags, window, options=b"", payload=b"", urgent=0, bad=None, reserved=0):
    """An Ethernet frame with one segment. `src` and `dst` are packed addresses. `bad` names what is wrong with it:
    "tcp_checksum", "ip_checksum", "offset_short" or "offset_long"."""
    offset = 5 + len(options) // 4
    if bad == "offset_short":
        offset = 4
    elif bad == "offset_long":
        offset = 15
    head = struct.pack(
        "!HHIIBBHHH", sport, dport, seq % MOD, ack % MOD, offset << 4 | reserved, flags, window, 0, urgent
    )
    segment = head + options + payload
    if len(src) == 4:
        pseudo = src + dst + struct.pack("!HH", 6, len(segment))
    else:
        pseudo = src + dst + struct.pack("!II", len(segment), 6)
    value = checksum(pseudo + segment)
    if bad == "tcp_checksum":
        value ^= 0x1234
    segment = segment[:16] + struct.pack("!H", value) + segment[18:]
    if len(src) == 4:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, 6, 0) + src + dst
        value = checksum(ip)
        if bad == "ip_checksum":
            value ^= 0x1234
        return ETH4 + ip[:10] + struct.pack("!H", value) + ip[12:] + segment
    return ETH6 + struct.pack("!IHBB", 6 << 28, len(segment), 6, 64) + src + dst + segment


def echo(src, dst, number):
    """An ICMP echo request: its reply says that all that was sent before it has been worked on."""
    body = struct.pack("!HH", ICMP_ID, number % 65536)
    message = struct.pack("!BBH", 8, 0, checksum(b"\x08\0\0\0" + body)) + body
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0x4000, 64, 1, 0) + src + dst
    return ETH4 + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + message


class Packet(NamedTuple):
    """What the crafted stack has to know of a frame from the kernel."""

    src: bytes
    dst: bytes
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    window: int
    options: dict
    length: int
    echo: int


def parse(data):
    """The fields of a frame from the kernel; None when it is neither TCP nor an echo reply."""
    kind = data[12:14]
    if kind == b"\x08\x00":
        header = (data[14] & 15) * 4
        proto, src, dst = data[23], data[26:30], data[30:34]
        at, end = 14 + header, 14 + int.from_bytes(data[16:18], "big")
    elif kind == b"\x86\xdd":
        proto, src, dst = data[20], data[22:38], data[38:54]
        at, end = 54, 54 + int.from_bytes(data[18:20], "big")
    else:
        return None
    if proto == 1 and data[at] == 0 and data[at + 4 : at + 6] == struct.pack("!H", ICMP_ID):
        number = int.from_bytes(data[at + 6 : at + 8], "big")
        return Packet(src, dst, 0, 0, 0, 0, 0, 0, {}, 0, number)
    if proto != 6:
        return None
    sport, dport, seq, ack, offset, flags, window = struct.unpack_from("!HHIIBBH", data, at)
    body = at + (offset >> 4) * 4
    return Packet(
        src, dst, sport, dport, seq, ack, flags, window, parse_options(data[at + 20 : body]), end - body, -1
    )


def parse_options(data):
    """Options by kind: what follows kind and length."""
    found, at = {}, 0
    while at < len(data) and data[at] != 0:
        if data[at] == 1:
            at += 1
            continue
        if at + 1 >= len(data) or data[at + 1] < 2:
            break
        length = data[at + 1]
        found[data[at]] = data[at + 2 : at + length]
        at += length
    return found


def padded(options):
    """Options up to a multiple of four bytes."""
    return options + b"\x01" * (-len(options) % 4)


def timestamps(value, reply):
    """The timestamps option (RFC 7323)."""
    return b"\x01\x01\x08\x0a" + struct.pack("!II", value % MOD, reply % MOD)


def write_pcap(path, frames):
    """A capture with nanoseconds from (nanoseconds, frame) in order."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
        for ns, data in frames:
            out.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(data), len(data)) + data)


def packed(address):
    """An address as bytes."""
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
