"""IPv6 extension headers as the socket options of RFC 3542 take them: the kernel puts them on every packet sent."""

import socket

# Hop-by-hop (RFC 8200 section 4.3), 8 bytes: next header, length, PadN of 4.
HOP_BY_HOP = bytes([0, 0, 1, 4, 0, 0, 0, 0])
# Destination options (section 4.6), 16 bytes: an experimental option that is skipped when unknown (RFC 4727), PadN of 0.
DESTINATION = bytes([0, 1, 0x1E, 10, *b"0123456789", 1, 0])


def extend(sock):
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, HOP_BY_HOP)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, DESTINATION)
