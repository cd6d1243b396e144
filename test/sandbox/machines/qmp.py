"""QMP, the protocol that controls QEMU itself: hot-plug, power, and what happens to the guest."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from queue import Empty, Queue

Event = dict[str, object]


class QmpError(Exception):
    """QEMU refused a command, or did not answer."""


class QmpGone(QmpError):
    """QEMU went away before it answered."""


class Qmp:
    """One connection; events and the end are told from its reader thread, which must not be kept waiting."""

    def __init__(self, channel: socket.socket, on_event: Callable[[str, Event], None], on_end: Callable[[], None]) -> None:
        self._channel = channel
        self._on_event = on_event
        self._on_end = on_end
        self._one_at_a_time = threading.Lock()
        self._answers: Queue[dict[str, object] | None] = Queue()
        self._ended = threading.Event()
        threading.Thread(target=self._read, name="qmp", daemon=True).start()
        self.execute("qmp_capabilities")

    def execute(self, command: str, timeout_seconds: float = 60, **arguments: object) -> object:
        """Sends one command and returns what QEMU answers; underscores in argument names stand for hyphens."""
        hyphened = {name.replace("_", "-"): value for name, value in arguments.items()}
        message = json.dumps({"execute": command, "arguments": hyphened}).encode()
        with self._one_at_a_time:
            if self._ended.is_set():
                raise QmpGone(f"QEMU has ended before {command}.")
            try:
                self._channel.sendall(message)
                answer = self._answers.get(timeout=timeout_seconds)
            except OSError as error:
                raise QmpGone(f"QEMU ended before {command}.") from error
            except Empty as error:
                raise QmpError(f"QEMU did not answer {command}.") from error
        if answer is None:
            raise QmpGone(f"QEMU ended during {command}.")
        if "error" in answer:
            raise QmpError(f"{command}: {answer['error']}")
        return answer["return"]

    def monitor(self, line: str) -> str:
        """Runs a command of the human monitor, for what QMP has no command for."""
        return str(self.execute("human-monitor-command", command_line=line))

    def _read(self) -> None:
        try:
            for line in self._channel.makefile("rb"):
                message = json.loads(line)
                if "event" in message:
                    self._on_event(message["event"], message.get("data", {}))
                elif "QMP" not in message:
                    self._answers.put(message)
        except (OSError, ValueError):
            pass  # A killed QEMU resets the connection, or cuts a line off: the end either way.
        finally:
            self._ended.set()
            self._answers.put(None)
            self._on_end()
