"""Jupyter's side of the kernel: what it asks is passed on, and what comes back is told."""

import contextlib
import fnmatch
import signal
import threading

from ipykernel.kernelbase import Kernel

from . import __version__
from .process import Ended, MosProcess

LOST = "; its variables are lost, and the next cell begins with a new one"


def clean(code):
    """Halves of letters, which no text of Mos has, become question marks."""
    return code.encode("utf-8", "replace").decode()


class MosKernel(Kernel):
    implementation = "mos"
    implementation_version = __version__
    language_info = {
        "name": "mos",
        "version": __version__,
        "mimetype": "text/x-mos",
        "file_extension": ".mos",
        "pygments_lexer": "mos",
    }
    banner = f"Mos {__version__}: a language for meta-optimization. `?name` tells what a name is."

    mos = None

    def process(self):
        """The process, which is started where there is none."""
        if self.mos is None:
            self.mos = MosProcess()
        return self.mos

    def forget(self):
        if self.mos is not None:
            self.mos.end()
        self.mos = None

    def ask(self, otherwise, **message):
        try:
            return self.process().ask(**message)
        except Ended:
            self.forget()
            return otherwise

    # Cells

    async def do_execute(
        self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, *, cell_meta=None,
        cell_id=None,
    ):
        reply = dict(status="ok", payload=[], user_expressions={})
        if code.strip():
            try:
                with self.interruptible():
                    self.process().send(run=dict(code=clean(code), cell=self.execution_count, store=store_history))
                    reply.update(self.outcome(silent, allow_stdin))
            except Ended as error:
                began = self.mos is not None
                self.forget()
                reply.update(self.error(silent, "kernel", f"{error}{LOST if began else ''}"))
        reply["execution_count"] = self.execution_count
        return reply

    @contextlib.contextmanager
    def interruptible(self):
        """Passes interrupts on; a message is not broken off by them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        usual = signal.signal(signal.SIGINT, lambda *_: self.mos and self.mos.interrupt())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, usual)

    def outcome(self, silent, allow_stdin):
        """Tells what a cell puts out; what the reply says of its end."""
        bars = set()
        while True:
            ((kind, content),) = self.mos.receive().items()
            if kind == "done":
                break
            if kind == "input":
                self.mos.send(**self.answer(content["prompt"], allow_stdin))
            elif silent:
                continue
            elif kind == "stream":
                self.send_response(self.iopub_socket, "stream", content)
            elif kind == "result":
                self.send_response(self.iopub_socket, "execute_result", dict(
                    execution_count=self.execution_count, data=content, metadata={}))
            elif kind == "progress":
                bar = content["bar"]
                self.send_response(
                    self.iopub_socket, "update_display_data" if bar in bars else "display_data",
                    dict(data={"text/plain": content["text"]}, metadata={},
                         transient={"display_id": f"mos-{self.mos.process.pid}-{bar}"}))
                bars.add(bar)
        if content["status"] == "error":
            return self.error(silent, content["name"], content["message"], content["traceback"])
        if content["status"] == "exit":
            self.forget()
            if content["exit"] != 0:
                return self.error(silent, "exit", f"the program ended with status {content['exit']}{LOST}")
            if not silent:
                self.send_response(self.iopub_socket, "stream", dict(
                    name="stderr", text=f"the program has ended{LOST}\n"))
        elif content["status"] != "ok":
            return self.error(silent, "kernel", content["reason"])
        return {}

    def error(self, silent, name, message, traceback=None):
        content = dict(ename=name, evalue=message, traceback=traceback or [f"error[{name}]: {message}"])
        if not silent:
            self.send_response(self.iopub_socket, "error", content)
        return dict(content, status="error")

    def answer(self, prompt, allow_stdin):
        """What is typed, if anybody can be asked."""
        if not allow_stdin:
            return dict(refused=True)
        passing = signal.signal(signal.SIGINT, signal.default_int_handler)
        self._allow_stdin = True
        try:
            return dict(answer=clean(self.raw_input(prompt)))
        except EOFError:
            return dict(answer=None)
        except KeyboardInterrupt:
            self.mos.interrupt()
            return dict(answer=None)
        finally:
            self._allow_stdin = False
            signal.signal(signal.SIGINT, passing)

    # Questions about code

    async def do_complete(self, code, cursor_pos):
        code = clean(code)
        cursor = len(code[:cursor_pos].encode())
        found = self.ask(dict(start=cursor, matches=[]), complete=dict(code=code, cursor=cursor))
        start = len(code.encode()[: found["start"]].decode())
        matches = [one["text"] for one in found["matches"]]
        types = [
            dict(start=start, end=cursor_pos, text=one["text"], type="", signature=one["detail"])
            for one in found["matches"]
        ]
        return dict(
            status="ok", matches=matches, cursor_start=start, cursor_end=cursor_pos,
            metadata={"_jupyter_types_experimental": types})

    async def do_inspect(self, code, cursor_pos, detail_level=0, omit_sections=()):
        code = clean(code)
        found = self.ask(dict(found=False), inspect=dict(
            code=code, cursor=len(code[:cursor_pos].encode()), source=detail_level > 0))
        data = {"text/plain": found["text"].strip("\n")} if found["found"] else {}
        return dict(status="ok", found=found["found"], data=data, metadata={})

    async def do_is_complete(self, code):
        return self.ask(dict(status="unknown"), is_complete=dict(code=clean(code)))

    async def do_history(
        self, hist_access_type, output, raw, session=None, start=None, stop=None, n=None, pattern=None, unique=False,
    ):
        entries = self.ask(dict(entries=[]), history={})["entries"]
        if hist_access_type == "search":
            entries = [one for one in entries if fnmatch.fnmatchcase(one, pattern or "*")]
        if hist_access_type == "range":
            entries = entries[start or 0 : stop]
        elif n is not None:
            entries = entries[-n:] if n > 0 else []
        return dict(status="ok", history=[
            (0, number, (entry, None) if output else entry) for number, entry in enumerate(entries, 1)])

    async def do_shutdown(self, restart):
        self.forget()
        return dict(status="ok", restart=restart)
