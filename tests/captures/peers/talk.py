"""Talks to the echo server and ends the connection in a given way. Arguments: address, port, source port, way.

refused        the connection is refused, and must be
silent         nobody answers the SYN, and nobody may
fin            three lines each way, then FIN
half-close     FIN from the client first; the server's last lines come after it
reset          RST from the client in the middle
reset-by-peer  RST from the server in the middle
"""

import socket
import struct
import sys
import time

LINES = [b"good morning\n", b"the trays go back before two\n", b"and that was all\n"]


def exchange(connection, lines):
    for line in lines:
        connection.sendall(line)
        if connection.recv(1000) != line.upper():
            sys.exit("the echo is another line")


def read_to_end(connection):
    data = b""
    while piece := connection.recv(1000):
        data += piece
    return data


def talk(connection, way):
    if way == "fin":
        exchange(connection, LINES)
    elif way == "half-close":
        connection.sendall(b"".join(LINES))
        connection.shutdown(socket.SHUT_WR)
        if read_to_end(connection) != b"".join(LINES).upper():
            sys.exit("the echo is another text")
    elif way == "reset":
        exchange(connection, LINES[:1])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif way == "reset-by-peer":
        exchange(connection, LINES[:1])
        connection.sendall(b"abort\n")
        try:
            connection.recv(1000)
        except ConnectionResetError:
            return
        sys.exit("no reset came")
    else:
        sys.exit(f"the connection was made, {way} was expected")


def main():
    address, port, source, way = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.bind(("", source))
        # Long enough for the first repetition of a SYN, after one second.
        connection.settimeout(1.5 if way == "silent" else 10)
        try:
            connection.connect((address, port))
        except ConnectionRefusedError:
            if way == "refused":
                return
            raise
        except TimeoutError:
            if way == "silent":
                return
            raise
        talk(connection, way)
    time.sleep(0.1)


main()
