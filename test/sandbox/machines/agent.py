"""The QEMU guest agent: runs programs in the guest over a virtual serial port, with no network involved."""

from __future__ import annotations

import base64
import itertools
import json
import socket
import threading
import time
from dataclasses import dataclass

_GLANCE_SECONDS = 0.3


class AgentSilent(Exception):
    """The agent did not answer in time: the guest is booting, shutting down or very busy."""


class AgentError(Exception):
    """The agent answered that it cannot do what was asked."""


@dataclass(frozen=True)
class Exit:
    """How a program in the guest ended."""

    rc: int
    stdout: str
    stderr: str


class Agent:
    """One channel, shared by all threads; it finds its place in the stream again after a silence."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self._buffer = b""
        self._in_step = False
        self._ids = itertools.count(1)
        self._interruptions = 0

    def ping(self, timeout_seconds: float) -> bool:
        """Tells whether the agent answers a question asked now."""
        with self._lock:
            self._in_step = False
            try:
                self._fall_in_step(time.monotonic() + timeout_seconds)
            except AgentSilent:
                return False
            return True

    def start(self, path: str, arguments: list[str], stdin: str = "") -> int:
        """Starts a program and returns its process id in the guest."""
        encoded = base64.b64encode(stdin.encode()).decode()
        options = {"path": path, "arg": arguments, "input-data": encoded, "capture-output": True}
        return self._call("guest-exec", options)["pid"]

    def poll(self, pid: int) -> Exit | None:
        """Tells how a program ended, once it and all that hold its output have."""
        status = self._call("guest-exec-status", {"pid": pid})
        if not status["exited"]:
            return None
        signal = status.get("signal")
        rc = 128 + signal if signal is not None else status.get("exitcode", 0)
        return Exit(rc, _text(status.get("out-data")), _text(status.get("err-data")))

    def execute(self, path: str, arguments: list[str], stdin: str = "", timeout_seconds: float = 60) -> Exit:
        """Runs a short program to its end."""
        pid = self.start(path, arguments, stdin)
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            ended = self.poll(pid)
            if ended is not None:
                return ended
            time.sleep(0.05)
        raise AgentSilent(f"{path} did not end within {timeout_seconds} s.")

    def interrupt(self) -> None:
        """Ends the wait for an answer that cannot come any more, as the machine has ended."""
        self._interruptions += 1

    def close(self) -> None:
        """Closes the channel once nobody waits on it."""
        with self._lock:
            self._channel.close()

    def _call(self, command: str, arguments: dict[str, object], timeout_seconds: float = 30) -> dict[str, object]:
        deadline = time.monotonic() + timeout_seconds
        with self._lock:
            if not self._in_step:
                self._fall_in_step(deadline)
            self._in_step = False
            self._send({"execute": command, "arguments": arguments})
            answer = json.loads(self._line(deadline))
            self._in_step = True
        if "error" in answer:
            raise AgentError(answer["error"].get("desc", str(answer["error"])))
        return answer["return"]

    def _fall_in_step(self, deadline: float) -> None:
        """Asks with a fresh number and drops every older answer still in the pipe."""
        number = next(self._ids)
        self._send({"execute": "guest-sync", "arguments": {"id": number}}, first=b"\xff")
        while True:
            line = self._line(deadline)
            try:
                answer = json.loads(line)
            except ValueError:
                continue  # What is left of an answer that was not waited for.
            if answer.get("return") == number:
                self._in_step = True
                return

    def _send(self, message: dict[str, object], first: bytes = b"") -> None:
        try:
            self._channel.settimeout(5)
            self._channel.sendall(first + json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise AgentSilent("The guest takes no more input.") from error

    def _line(self, deadline: float) -> bytes:
        interruptions = self._interruptions
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or self._interruptions != interruptions:
                raise AgentSilent("The guest agent does not answer.")
            try:
                self._channel.settimeout(min(left, _GLANCE_SECONDS))
                read = self._channel.recv(1 << 20)
            except TimeoutError:
                continue
            except OSError as error:
                raise AgentSilent("The machine has ended.") from error
            if not read:
                raise AgentSilent("The machine has ended.")
            self._buffer += read
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


def _text(encoded: object) -> str:
    return base64.b64decode(encoded).decode(errors="replace") if isinstance(encoded, str) else ""
