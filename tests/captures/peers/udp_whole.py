"""Sends a document as one datagram, however many fragments that takes, after a small one; awaits an answer to each.

Arguments: address, port, source port, document.
"""

import pathlib
import socket
import sys

address, port, source, document = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as sender:
    sender.bind(("", source))
    sender.connect((address, port))
    sender.settimeout(5)
    for datagram in [b"the document follows\n", pathlib.Path(document).read_bytes()]:
        sender.send(datagram)
        if sender.recv(100) != f"received {len(datagram)}\n".encode("ascii"):
            sys.exit("the sink received something else")
