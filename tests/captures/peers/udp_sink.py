"""Takes datagrams over IPv4 and IPv6 and answers each with the number of bytes it had. Argument: port."""

import socket
import sys

with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sink:
    sink.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sink.bind(("::", int(sys.argv[1])))
    while True:
        datagram, sender = sink.recvfrom(65536)
        sink.sendto(f"received {len(datagram)}\n".encode("ascii"), sender)
