"""The lab: two network namespaces and a cable, sockets on both ends, and a record of all frames in true order."""

import atexit
import ctypes
import errno
import os
import socket
import struct
import subprocess
import sys
import time

from . import wire

KERNEL4, GATE4, CRAFTED4 = "10.99.0.1", "10.99.0.2", "10.99.128.0"
KERNEL6, GATE6, CRAFTED6 = "fd99::1", "fd99::2", "fd99:1::"
# What the application's socket is like, by name; each has a listening port of its own.
LISTENERS = {
    "normal": (7001, {}),
    "small": (7002, {socket.SO_RCVBUF: 2304}),
    "inline": (7003, {socket.SO_OOBINLINE: 1}),
}
SO_TIMESTAMPNS = 35
CLONE_NEWNET = 0x40000000
PACKET_OUTGOING = 4
# Nothing in a schedule waits for a timer of the kernel's, so a sound kernel answers at once.
PATIENCE = 2.0


class LabError(Exception):
    """The lab could not be built, or the kernel did not answer."""


def tool(*command):
    """Runs a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")


class Lab:
    """Namespaces, sockets, and the frames seen on the cable."""

    def __init__(self, prefix):
        self.kernel, self.crafted = f"{prefix}-kernel", f"{prefix}-crafted"
        self.frames = []
        self.listeners = {}
        self.handler = None
        self.echoes = 0
        self.echoed = -1
        self.accepted = {}
        self.used = 0
        atexit.register(self.remove)
        self.build()
        self.open()

    def build(self):
        """Makes the namespaces and the cable."""
        for name in (self.kernel, self.crafted):
            tool("ip", "netns", "add", name)
        tool("ip", "-n", self.crafted, "link", "add", "c0", "type", "veth", "peer", "name", "k0", "netns", self.kernel)
        for name, device, mac in ((self.kernel, "k0", wire.KERNEL_MAC), (self.crafted, "c0", wire.CRAFTED_MAC)):
            text = mac.hex(":")
            tool("ip", "-n", name, "link", "set", device, "address", text)
            # Frames as on a wire: none longer than the MTU, whole checksums, and checked ones.
            off = [word for what in ("rx", "tx", "sg", "tso", "gso", "gro") for word in (what, "off")]
            tool("ip", "netns", "exec", name, "ethtool", "-K", device, *off)
        settings = {
            "net/ipv6/conf/c0/disable_ipv6": 1,
        }
        self.configure(self.crafted, settings)
        settings = {
            "net/ipv4/conf/all/rp_filter": 0,
            "net/ipv4/conf/k0/rp_filter": 0,
            "net/ipv6/conf/k0/accept_dad": 0,
            "net/ipv6/conf/k0/accept_ra": 0,
            "net/ipv4/tcp_syncookies": 0,
            "net/ipv4/tcp_invalid_ratelimit": 0,
            "net/ipv4/tcp_max_syn_backlog": 8192,
            "net/core/somaxconn": 8192,
        }
        self.configure(self.kernel, settings)
        tool("ip", "-n", self.crafted, "link", "set", "c0", "up")
        tool("ip", "-n", self.kernel, "link", "set", "k0", "up")
        mac = wire.CRAFTED_MAC.hex(":")
        tool("ip", "-n", self.kernel, "addr", "add", f"{KERNEL4}/30", "dev", "k0")
        tool("ip", "-n", self.kernel, "addr", "add", f"{KERNEL6}/64", "dev", "k0", "nodad")
        for gate, net in ((GATE4, f"{CRAFTED4}/17"), (GATE6, f"{CRAFTED6}/64")):
            tool("ip", "-n", self.kernel, "neigh", "replace", gate, "lladdr", mac, "dev", "k0", "nud", "permanent")
            tool("ip", "-n", self.kernel, "route", "add", net, "via", gate)

    @staticmethod
    def configure(name, settings):
        """Writes kernel settings of a namespace; a setting that the kernel does not have stays away."""
        lines = [f"[ ! -e /proc/sys/{key} ] || echo {value} >/proc/sys/{key}" for key, value in settings.items()]
        tool("ip", "netns", "exec", name, "sh", "-c", "\n".join(lines))

    def remove(self):
        """Removes the namespaces, and so all that is in them."""
        for name in (self.kernel, self.crafted):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    @staticmethod
    def enter(path):
        """Moves this thread into a network namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(path, "rb") as file:
            if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                raise LabError(f"{path}: {os.strerror(ctypes.get_errno())}")

    def open(self):
        """Opens the sockets: of the crafted end, and those that listen in the kernel's."""
        here = "/proc/self/ns/net"
        home = os.open(here, os.O_RDONLY)
        try:
            self.enter(f"/run/netns/{self.crafted}")
            self.out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.out.bind(("c0", 0))
            # Another socket sees what `out` sends as well as what comes, in the order in which the device does.
            self.cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.cable.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            self.cable.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
            self.cable.bind(("c0", 3))  # ETH_P_ALL
            self.cable.setblocking(False)
            # A third one only holds on to frames until `release`: as long as somebody does, the kernel does not join
            # neighbours that wait out of order, which would else depend on the room behind each one in its buffer.
            self.hold = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.hold.setsockopt(socket.SOL_SOCKET, 33, 256 << 20)
            self.hold.bind(("c0", 3))
            self.hold.setblocking(False)
            self.enter(f"/run/netns/{self.kernel}")
            for name, (port, options) in LISTENERS.items():
                listener = socket.socket(socket.AF_INET6)
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                for option, value in options.items():
                    listener.setsockopt(socket.SOL_SOCKET, option, value)
                listener.bind(("::", port))
                listener.listen(8192)
                listener.setblocking(False)
                self.listeners[name] = listener
            # This thread stays in the kernel's namespace: sockets that connect are opened there.
        finally:
            self.home = home
        self.addresses = {False: wire.packed(KERNEL4), True: wire.packed(KERNEL6)}

    def leave(self):
        """Goes back to the namespace that the program was started in."""
        self.enter(f"/proc/self/fd/{self.home}")

    def send(self, data):
        """Sends a frame; what the kernel answers at once is taken in before this returns."""
        self.out.send(data)
        self.pump()

    def pump(self):
        """Takes in what is on the cable: keeps it, and gives what comes from the kernel to `handler`."""
        receive = self.cable.recvmsg
        while True:
            try:
                data, control, _, address = receive(4096, 64)
            except BlockingIOError:
                return
            packet = wire.parse(data)
            if packet is None:
                continue
            if packet.echo >= 0:
                self.echoed = packet.echo
                continue
            if packet.sport == 0 and packet.dport == 0:
                continue
            seconds, nanoseconds = struct.unpack("qq", control[0][2])
            now = seconds * 10**9 + nanoseconds
            self.frames.append((max(now, self.frames[-1][0] if self.frames else 0), data))
            if address[2] != PACKET_OUTGOING and self.handler:
                self.handler(packet)

    def release(self):
        """Lets go of the frames that are held."""
        try:
            while True:
                self.hold.recv(1)
        except BlockingIOError:
            pass

    def settle(self):
        """Returns when the kernel has worked on all that was sent."""
        self.echoes = (self.echoes + 1) % 65536
        self.out.send(wire.echo(wire.packed(GATE4), self.addresses[False], self.echoes))
        until = time.monotonic() + PATIENCE
        while self.echoed != self.echoes:
            self.pump()
            if time.monotonic() > until:
                raise LabError("the kernel answers no echo request")

    def accept(self, kind):
        """Takes in new connections of a listener; they are in `accepted`, by the crafted end."""
        while True:
            try:
                connection, peer = self.listeners[kind].accept()
            except BlockingIOError:
                return
            except OSError as error:
                # A connection that was reset before it was accepted (accept(2)).
                if error.errno in (errno.ECONNABORTED, errno.EPROTO):
                    continue
                raise
            connection.setblocking(False)
            address = peer[0].removeprefix("::ffff:")
            self.accepted.setdefault((wire.packed(address), peer[1]), []).append(connection)


def require_root():
    """Exit code 77 where there can be no lab."""
    if os.geteuid() != 0:
        print("tcp_oracle: skipped: network namespaces and raw sockets need root", file=sys.stderr)
        sys.exit(77)
