"""A TCP server over IPv4 and IPv6 that sends every line back in capitals, until "abort" or the end. Argument: port."""

import socket
import struct
import sys
import threading


def serve(connection):
    with connection, connection.makefile("rb") as lines:
        for line in lines:
            if line == b"abort\n":
                # Closing with no time to linger sends RST.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                break
            try:
                connection.sendall(line.upper())
            except OSError:
                break


def serve_safely(connection):
    try:
        serve(connection)
    except ConnectionResetError:
        pass


with socket.create_server(("", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True) as server:
    while True:
        threading.Thread(target=serve_safely, args=(server.accept()[0],), daemon=True).start()
