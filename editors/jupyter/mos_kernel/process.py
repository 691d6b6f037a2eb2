"""The process `mos kernel`, which runs the cells: one object of JSON a line on its standard input and output."""

import contextlib
import json
import os
import shutil
import signal
import subprocess


class Ended(Exception):
    """The process is not there any more."""


class MosProcess:
    def __init__(self):
        command = os.environ.get("MOS") or shutil.which("mos")
        if not command:
            raise Ended("the command `mos` is not on the path; install Mos, or name its place in the variable MOS")
        try:
            # A group of its own: an interrupt of the notebook's comes once, from here, and reaches what it started.
            # Its end is told here; Swift's own account of a crash would go to streams that nobody reads by then.
            self.process = subprocess.Popen(
                [command, "kernel"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
                env=dict(os.environ, SWIFT_BACKTRACE="enable=no"))
        except OSError as error:
            raise Ended(f"cannot start {command}: {error.strerror}; MOS names another place") from None
        if "ready" not in self.receive():
            raise Ended(f"{command} is no Mos that knows `mos kernel`")

    def send(self, **message):
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise Ended(self.epitaph()) from None

    def receive(self):
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise Ended(self.epitaph())
        try:
            return json.loads(line)
        except ValueError:
            raise Ended(f"the process of Mos said what nobody understands: {line[:100]!r}") from None

    def ask(self, **message):
        """Asks what needs no program to run."""
        self.send(**message)
        while True:
            answer = self.receive()
            if "done" in answer:
                return answer["done"]

    def interrupt(self):
        self.signal(signal.SIGINT)

    def signal(self, number):
        """Sends a signal to it and what it started."""
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, number)

    def epitaph(self):
        try:
            status = self.process.wait(5)
        except subprocess.TimeoutExpired:
            return "the process of Mos does not answer"
        if status < 0:
            return f"the process of Mos was ended by {signal.Signals(-status).name}"
        return f"the process of Mos ended with status {status}"

    def end(self):
        """Ends it, and what it started."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()
