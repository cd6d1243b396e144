"""What can go wrong with a machine, and what a script leaves behind."""

from __future__ import annotations

from dataclasses import dataclass


class MachineGone(Exception):
    """The machine stopped, restarted or was never there while something was asked of it."""


@dataclass(frozen=True)
class Result:
    """Exit code (137 when the script was killed) and output; at most one of the flags is set."""

    rc: int
    stdout: str
    stderr: str
    timed_out: bool = False
    cancelled: bool = False
