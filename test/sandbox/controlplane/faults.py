"""Fault injection: fail, delay or cut the nth call of an action."""

from __future__ import annotations

import os
import socket
import struct
import threading
from dataclasses import dataclass, fields
from typing import Any, Literal, NoReturn


@dataclass
class Fault:
    """Fires on `times` consecutive matching calls from the `nth` one, counted from arming; `*` matches any name."""

    service: str
    action: str
    kind: Literal["error", "delay", "cut"]
    nth: int = 1
    times: int = 1
    when: Literal["before", "after"] = "before"
    code: str = "InternalError"
    status: int = 500
    message: str = "An internal error has occurred (a fault armed in the sandbox)."
    seconds: float = 1.0
    seen: int = 0

    @staticmethod
    def from_json(body: dict[str, Any]) -> Fault:
        """Raises ValueError when the body is not a fault."""
        known = {item.name for item in fields(Fault)} - {"seen"}
        unknown = set(body) - known
        if unknown or not {"service", "action", "kind"} <= set(body):
            raise ValueError(f"A fault has service, action, kind and optionally {sorted(known)}; got {sorted(body)}.")
        if body["kind"] not in ("error", "delay", "cut") or body.get("when", "before") not in ("before", "after"):
            raise ValueError("kind is error, delay or cut; when is before or after.")
        return Fault(**body)


class Faults:
    """The armed faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def firing(self, service: str, action: str) -> list[Fault]:
        """Counts this call and returns the faults that it meets."""
        with self._lock:
            matching = [
                fault for fault in self._armed if fault.service in (service, "*") and fault.action in (action, "*")
            ]
            for fault in matching:
                fault.seen += 1
            return [fault for fault in matching if fault.nth <= fault.seen < fault.nth + fault.times]


def cut_connection(connection: socket.socket) -> NoReturn:
    """Resets the client's connection without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The server's own file objects keep the socket open, so the descriptor itself is closed under them.
    os.close(connection.detach())
    raise ConnectionResetError("cut by an armed fault")
