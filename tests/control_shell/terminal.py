"""Plays a user at a terminal. Arguments: scene, program, its arguments."""

import os
import pty
import select
import signal
import sys
import termios
import time

PROMPT = "tidegate> "
# The editor begins: bracketed paste is switched on. Redrawn lines have the prompt too, without this.
EDITING = "\x1b[?2004h"


class Terminal:
    """A program on a pseudo-terminal."""

    def __init__(self, arguments, environment):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.seen = ""
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            for descriptor in (0, 1, 2):
                os.dup2(self.slave, descriptor)
            os.environ.update(environment)
            os.execv(arguments[0], arguments)

    def fail(self, why):
        """Ends the program and this script."""
        os.kill(self.pid, signal.SIGKILL)
        sys.exit(f"{why}; saw {self.seen!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.seen += os.read(self.master, 65536).decode(errors="replace")

    def expect(self, text, within=10):
        """Reads until `text` comes; forgets everything up to its end."""
        until = time.monotonic() + within
        while text not in self.seen:
            if time.monotonic() > until:
                self.fail(f"expected {text!r}")
            self.read(0.1)
        self.seen = self.seen.split(text, 1)[1]

    def prompt(self, editing=True):
        """Waits until a new line can be typed."""
        if editing:
            self.expect(EDITING)
        self.expect(PROMPT)

    def ended(self, within=5):
        """Waits for the end, and checks that the terminal is as it was."""
        until = time.monotonic() + within
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                self.fail("it does not end")
            self.read(0.05)
        if termios.tcgetattr(self.slave) != self.before:
            sys.exit("the terminal is not as it was")


def quit_shell(terminal, editing=True):
    terminal.prompt(editing)
    terminal.type("quit\r")
    terminal.expect("ended: Ok(Quit)")


def complete(terminal):
    terminal.prompt()
    terminal.type("sh\tw\t\r")
    terminal.expect("cycles/packet")
    terminal.prompt()
    terminal.type("show \t\t")
    terminal.expect("mempool")
    terminal.type("port i\tal\t\r")
    # There is no port to be shown, so the next prompt comes at once.
    quit_shell(terminal)


def history(terminal):
    """The scene before this one has left its commands: show worker, show port info all, quit."""
    terminal.prompt()
    terminal.type("\x1b[A\x1b[A\x1b[A\r")
    terminal.expect("cycles/packet")
    quit_shell(terminal)


def interrupt(terminal):
    terminal.prompt()
    terminal.type("sho\x03")
    terminal.expect("Ctrl-C again")
    terminal.prompt()
    terminal.type("show lcore\r")
    terminal.expect("worker 0")
    terminal.prompt()
    terminal.type("\x03")
    terminal.expect("Ctrl-C again")
    terminal.prompt()
    terminal.type("\x03")
    terminal.expect("ended: Ok(Quit)")


def end_of_file(terminal):
    terminal.prompt()
    terminal.type("\x04")
    terminal.expect("ended: Ok(Quit)")


def terminate(terminal):
    """A signal while a line is half typed."""
    terminal.prompt()
    terminal.type("show wor")
    terminal.expect("wor")
    begun = time.monotonic()
    os.kill(terminal.pid, signal.SIGTERM)
    terminal.expect("the sensor is stopping")
    if time.monotonic() - begun > 1:
        terminal.fail(f"it took {time.monotonic() - begun:.1f} s to notice the signal")
    terminal.expect("ended: Ok(Stopped)")


def verbose(terminal):
    terminal.prompt()
    terminal.type("set verbose 1\r")
    terminal.expect("verbose is 1")
    terminal.prompt()
    # Printed above the prompt, which comes back below.
    terminal.expect(" packets/s, ")
    quit_shell(terminal, editing=False)


def dumb(terminal):
    """A terminal without editing has a prompt all the same."""
    terminal.prompt(editing=False)
    terminal.type("show lcore\r")
    terminal.expect("worker 0")
    quit_shell(terminal, editing=False)


def no_history(terminal):
    """A place that cannot be written is told, and nothing more."""
    terminal.prompt()
    terminal.type("quit\r")
    terminal.expect("the history is not kept: /dev/null/")
    terminal.expect("ended: Ok(Quit)")


SCENES = {
    "complete": (complete, {}),
    "history": (history, {}),
    "interrupt": (interrupt, {}),
    "end_of_file": (end_of_file, {}),
    "terminate": (terminate, {}),
    "verbose": (verbose, {}),
    "dumb": (dumb, {"TERM": "dumb"}),
    "no_history": (no_history, {"XDG_STATE_HOME": "/dev/null"}),
}

play, changes = SCENES[sys.argv[1]]
on = Terminal(sys.argv[2:], changes)
play(on)
on.ended()
