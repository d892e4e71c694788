"""Sends a document in datagrams of whole lines, each after the answer to the one before.

Arguments: address, port, source port, document.
"""

import pathlib
import socket
import sys

LIMIT_BYTES = 600

address, port, source, document = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
datagrams = [b""]
for line in pathlib.Path(document).read_bytes().splitlines(keepends=True):
    if len(datagrams[-1]) + len(line) > LIMIT_BYTES:
        datagrams.append(b"")
    datagrams[-1] += line

family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as sender:
    sender.bind(("", source))
    sender.connect((address, port))
    sender.settimeout(5)
    for datagram in datagrams:
        sender.send(datagram)
        if sender.recv(100) != f"received {len(datagram)}\n".encode("ascii"):
            sys.exit("the sink received something else")
