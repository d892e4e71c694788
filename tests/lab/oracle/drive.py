"""The crafted stack: one connection a schedule, many of them at a time."""

import errno
import socket
import struct

from . import lab as lab_module
from . import wire
from .schedule import content

# Connections whose frames are held at a time.
BATCH = 128
BYTES_RECEIVED = 128  # offset of tcpi_bytes_received in struct tcp_info (linux/tcp.h)
LINGER_RESET = struct.pack("ii", 1, 0)


class Connection:
    """A connection under a schedule. `run` is a generator: each turn sends one segment at most."""

    def __init__(self, lab, schedule, number):
        self.lab, self.schedule = lab, schedule
        setup = schedule["setup"]
        self.setup = setup
        self.v6 = setup["v6"]
        place = number // 60000 + 1
        if self.v6:
            self.address = wire.packed(f"fd99:1::{place:x}")
        else:
            self.address = bytes([10, 99, 128 + place // 250, place % 250 + 1])
        self.port = 1024 + number % 60000
        self.kernel_address = lab.addresses[self.v6]
        self.kernel_port = lab_module.LISTENERS[setup["listener"]][0]
        self.isn = setup["isn"]
        self.clock = setup["clock"]
        self.peer_seq = None  # the next number of the kernel's
        self.peer_time = 0
        self.peer_scale = 0
        self.edge = None
        self.held = self.isn + 1
        self.timestamps = False
        self.socket = None
        self.older = []
        self.paused = False
        self.read = bytearray()
        self.end = "open"
        self.results = []

    @property
    def key(self):
        """Our end, which no other connection has."""
        return (self.address, self.port)

    # --- what the kernel sends -----------------------------------------------------------------------------------

    def packet(self, packet):
        """Learns from a segment of the kernel's."""
        if packet.flags & wire.RST:
            return
        if packet.flags & wire.SYN:
            if self.peer_seq is None:
                self.kernel_port = packet.sport
                self.peer_seq = packet.seq + 1
                self.timestamps = self.setup["ts"] and 8 in packet.options
                scale = packet.options.get(3)
                if scale and self.setup["wscale"] is not None:
                    self.peer_scale = min(scale[0], 14)
        elif self.peer_seq is not None:
            end = packet.seq + packet.length + bool(packet.flags & wire.FIN)
            if 0 < (end - self.peer_seq) % wire.MOD < 1 << 31:
                self.peer_seq = end
        # A request that is not a connection yet takes nothing but an echo of its SYN-ACK (Linux, TSEcrRejected), while
        # its later ACKs carry the time; schedules are not to depend on how much of that has passed.
        if 8 in packet.options and (packet.flags & wire.SYN or self.socket is not None):
            self.peer_time = struct.unpack("!I", packet.options[8][:4])[0]
        if packet.flags & wire.ACK:
            scale = 0 if packet.flags & wire.SYN else self.peer_scale
            edge = packet.ack + (packet.window << scale)
            if self.edge is None or 0 < (edge - self.edge) % wire.MOD < 1 << 31:
                self.edge = edge

    # --- what we send --------------------------------------------------------------------------------------------

    def segment(self, seq, flags, payload=b"", ack=0, options=b"", window=65535, **fields):
        """Sends a segment."""
        self.lab.send(
            wire.frame(
                self.address,
                self.kernel_address,
                self.port,
                self.kernel_port,
                seq,
                ack,
                wire.flag_bits(flags),
                window,
                wire.padded(options),
                payload,
                **fields,
            )
        )

    def syn_options(self):
        """What the SYN, or SYN-ACK, offers."""
        setup = self.setup
        options = b"\x02\x04" + struct.pack("!H", setup["mss"])
        if setup["sack"]:
            options += b"\x04\x02"
        if setup["ts"]:
            options += b"\x08\x0a" + struct.pack("!II", self.clock, self.peer_time)
        if setup["wscale"] is not None:
            options += b"\x03\x03" + bytes([setup["wscale"]])
        return options

    def expected(self):
        """The number that the kernel expects next, as its socket says."""
        if self.socket is None:
            return self.isn + 1
        try:
            info = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        except OSError:
            return self.isn + 1
        received = struct.unpack_from("=Q", info, BYTES_RECEIVED)[0] if len(info) >= BYTES_RECEIVED + 8 else 0
        return self.isn + 1 + received

    def send_step(self, step):
        """Sends the segment of a step."""
        seed, first = self.schedule["seed"], self.isn + 1
        at = step["at"]
        if at == "data":
            seq = first + step["off"]
        elif at == "next":
            seq = self.expected() + step["off"]
        elif at == "edge":
            seq = (self.edge if self.edge is not None else first) + step["off"]
        else:
            seq = self.held + step["off"]
        offset = (seq - first + (1 << 31)) % wire.MOD - (1 << 31)
        payload = content(seed, offset, step["len"], step["ver"])
        end = seq + step["len"]
        if at == "data" and (end - self.held) % wire.MOD < 1 << 31:
            self.held = end
        options = {"md5": b"\x13\x12" + bytes(16), "ao": b"\x1d\x10\x01\x01" + bytes(12), "malformed": b"\x08\x00\x08\xff"}
        chosen = options.get(step.get("opt"), b"")
        self.clock += 1
        when = step["ts"]
        if when == "off":
            chosen += wire.timestamps(self.clock - 100000, 0)
        elif self.timestamps and when is not None:
            chosen += wire.timestamps(self.clock + when, self.peer_time)
        ack = 0 if step["ack"] is None else (self.peer_seq or 0) + step["ack"]
        fields = {key: step[key] for key in ("bad", "reserved") if step.get(key) is not None}
        if step.get("urg") is not None:
            fields["urgent"] = step["urg"]
        self.segment(seq, step["flags"], payload, ack, chosen, step.get("win", 65535), **fields)

    # --- the application -----------------------------------------------------------------------------------------

    def take_socket(self):
        """Takes the socket that belongs to us, if the application has one; a second one is another connection."""
        waiting = self.lab.accepted.pop(self.key, [])
        for new in waiting:
            if self.socket is not None:
                self.finish_socket()
            self.socket = new

    def read_all(self, most=1 << 30):
        """Reads what is there."""
        if self.socket is None or self.end != "open":
            return
        while most > 0:
            try:
                data = self.socket.recv(min(most, 1 << 16))
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.ECONNRESET, errno.ETIMEDOUT, errno.EPIPE, errno.ECONNREFUSED, errno.ENOTCONN):
                    self.end = "reset"
                    return
                raise
            if not data:
                self.end = "eof"
                return
            self.read += data
            most -= len(data)

    def finish_socket(self):
        """Reads the rest, notes the result and closes."""
        self.read_all()
        self.results.append({"bytes": bytes(self.read), "end": self.end})
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        self.socket.close()
        self.socket, self.read, self.end = None, bytearray(), "open"

    def step(self, step):
        """Does one step."""
        kind = step["op"]
        if kind == "seg":
            self.send_step(step)
        elif kind == "pause":
            self.paused = True
        elif kind == "resume":
            self.paused = False
        elif kind == "read":
            self.read_all(step["len"])
        elif kind == "write" and self.socket is not None:
            try:
                self.socket.send(bytes(step["len"]))
            except OSError:
                pass  # a connection that was reset takes nothing any more
            self.lab.pump()

    # --- the whole -----------------------------------------------------------------------------------------------

    def run(self):
        """The connection from beginning to end, a segment a turn."""
        yield from self.open_as_client() if self.setup["role"] == "client" else self.open_as_server()
        for step in self.schedule["steps"]:
            self.step(step)
            self.appear()
            if not self.paused:
                self.read_all()
            yield
        self.lab.settle()
        self.paused = False
        self.appear()
        if self.socket is not None:
            self.finish_socket()
        self.lab.pump()

    def appear(self):
        """Looks for the application's socket where there can be a new one."""
        if self.setup["role"] == "client":
            self.lab.accept(self.setup["listener"])
            self.take_socket()

    def open_as_client(self):
        """SYN, SYN-ACK, and an ACK unless the first segment is to be that."""
        data = content(self.schedule["seed"], 0, self.setup["syn_len"], 7)
        self.segment(self.isn, "S", data, options=self.syn_options())
        if self.peer_seq is None:
            self.lab.settle()
        if self.peer_seq is None:
            raise lab_module.LabError(f"seed {self.schedule['seed']}: no answer to the SYN")
        yield
        yield from self.before()
        if not self.setup["quick"]:
            self.clock += 1
            options = wire.timestamps(self.clock, self.peer_time) if self.timestamps else b""
            self.segment(self.isn + 1, "A", ack=self.peer_seq, options=options)
            self.lab.settle()
            self.appear()
            yield

    def open_as_server(self):
        """The kernel connects; a SYN-ACK answers its SYN."""
        self.kernel_port = None
        family = socket.AF_INET6 if self.v6 else socket.AF_INET
        new = socket.socket(family)
        new.setblocking(False)
        for option, value in lab_module.LISTENERS[self.setup["listener"]][1].items():
            new.setsockopt(socket.SOL_SOCKET, option, value)
        name = socket.inet_ntop(family, self.address)
        new.connect_ex((name, self.port))
        self.lab.pump()
        if self.peer_seq is None:
            self.lab.settle()
        if self.peer_seq is None:
            raise lab_module.LabError(f"seed {self.schedule['seed']}: the kernel does not connect")
        yield
        yield from self.before()
        self.clock += 1
        data = content(self.schedule["seed"], 0, self.setup["syn_len"], 7)
        self.socket = new
        if self.setup["simultaneous"]:
            self.segment(self.isn, "S", options=self.syn_options())
            self.lab.settle()
            self.clock += 1
        if self.setup["simultaneous"] == "A":
            options = wire.timestamps(self.clock, self.peer_time) if self.timestamps else b""
            self.segment(self.isn + 1, "A", ack=self.peer_seq, options=options)
            self.lab.settle()
            yield
            return
        self.segment(self.isn, "SA", data, ack=self.peer_seq, options=self.syn_options())
        self.lab.settle()
        yield

    def before(self):
        """What is sent before the handshake is complete."""
        for step in self.schedule["opening"]:
            self.send_step(step)
            self.lab.settle()
            self.appear()
            yield


def drive(lab, schedules, at_once):
    """Runs all schedules, `at_once` of them at a time. Returns the connections, which have their results."""
    # Every connection of a lab has an end of its own, so that none meets what another one left behind.
    connections = [Connection(lab, schedule, number) for number, schedule in enumerate(schedules, lab.used)]
    lab.used += len(connections)
    by_key = {connection.key: connection for connection in connections}

    def handler(packet):
        connection = by_key.get((packet.dst, packet.dport))
        if connection is not None:
            connection.packet(packet)

    lab.handler = handler
    waiting = iter(connections)
    turns, batch = [], 0
    while True:
        if not turns:
            lab.release()
            batch = 0
        while len(turns) < at_once and batch < BATCH:
            new = next(waiting, None)
            if new is None:
                break
            turns.append(new.run())
            batch += 1
        if not turns:
            break
        turns = [turn for turn in turns if next(turn, turns) is not turns]
    lab.settle()
    return connections
