"""A kernel that was started as a notebook starts it, and what its cells put out."""

import time

from jupyter_client.manager import KernelManager

# A loaded machine must not fail the test.
PATIENCE = 120


class Session:
    def __init__(self):
        self.manager = KernelManager(kernel_name="mos")
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def run(self, code, reaction=None, **options):
        """Runs a cell; its messages, as pairs of a kind and a content, and its reply behind them.

        `reaction(kind, content)` may act on what comes while the cell runs.
        """
        number = self.client.execute(code, **options)
        said = []
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != number:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind not in ("status", "execute_input"):
                said.append((kind, content))
            if reaction:
                reaction(kind, content)
        return said, self.reply(number)

    def text(self, code, **options):
        """The streams of a cell, each piece with its name, joined where the name is one."""
        said, reply = self.run(code, **options)
        pieces = []
        for kind, content in said:
            if kind != "stream":
                continue
            if pieces and pieces[-1][0] == content["name"]:
                pieces[-1] = (content["name"], pieces[-1][1] + content["text"])
            else:
                pieces.append((content["name"], content["text"]))
        return pieces

    def result(self, code, **options):
        """The forms of a cell's value."""
        said, reply = self.run(code, **options)
        assert reply["status"] == "ok", (code, reply)
        found = [content["data"] for kind, content in said if kind == "execute_result"]
        assert len(found) <= 1, (code, found)
        return found[0] if found else {}

    def error(self, code, **options):
        """The error of a cell, which its messages and its reply both have."""
        said, reply = self.run(code, **options)
        assert reply["status"] == "error", (code, said, reply)
        found = [content for kind, content in said if kind == "error"]
        assert len(found) == 1 and found[0]["evalue"] == reply["evalue"], (code, said, reply)
        return found[0]

    def ask(self, method, *arguments, **options):
        return self.reply(getattr(self.client, method)(*arguments, **options))

    def reply(self, number):
        while True:
            message = self.client.get_shell_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") == number:
                return message["content"]

    def end(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)


def within(seconds, holds):
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
