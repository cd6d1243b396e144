"""One SSM command on its instances: from Pending over InProgress to its end, run in the machine as root."""

from __future__ import annotations

import base64
import shlex
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from agent_rights import may_take_commands
from cloudfront import utc_now
from ec2_lives import find_instance
from ec2_state import life_of
from ssm import agent_answers
from state import Sandbox

if TYPE_CHECKING:
    from machines.machine import Result

# AWS keeps this much of the output; the rest is lost unless it goes to S3.
STDOUT_CHARACTERS = 24_000
STDERR_CHARACTERS = 8_000
PENDING = ("Pending", "InProgress", "Delayed", "Cancelling")


@dataclass
class Invocation:
    """A command on one instance."""

    instance_id: str
    status: str = "Pending"
    details: str = "Pending"
    response_code: int = -1
    stdout: str = ""
    stderr: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def end(self, status: str, details: str | None = None) -> None:
        self.status = status
        self.details = details or status
        self.ended = utc_now()


@dataclass
class Command:
    """What SendCommand was asked for, and how far it is."""

    document: str
    comment: str
    parameters: dict[str, list[str]]
    region: str
    delivery_seconds: int
    given: dict[str, Any]
    invocations: list[Invocation]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    requested: datetime = field(default_factory=utc_now)
    sent: float = field(default_factory=time.monotonic)
    # No agent ever takes it, and its delivery time is over at once.
    lost: bool = False

    def is_visible(self, sandbox: Sandbox) -> bool:
        """AWS knows nothing of an invocation for a moment after the command was sent."""
        return time.monotonic() >= self.sent + sandbox.settings.invocation_seconds

    @property
    def execution_seconds(self) -> int:
        return int((self.parameters.get("executionTimeout") or ["3600"])[0])

    @property
    def expires(self) -> datetime:
        return self.requested + timedelta(seconds=self.delivery_seconds + self.execution_seconds)

    @property
    def status(self) -> str:
        statuses = [invocation.status for invocation in self.invocations]
        if statuses and all(status == "Pending" for status in statuses):
            return "Pending"
        if any(status in PENDING for status in statuses):
            return "InProgress"
        return next((bad for bad in ("Cancelled", "TimedOut", "Failed") if bad in statuses), "Success")

    @property
    def script(self) -> str:
        """What the agent runs: it writes the lines to a file and lets sh run that file from the working directory."""
        text = "\n".join(self.parameters.get("commands", [])) + "\n"
        folder = (self.parameters.get("workingDirectory") or [""])[0]
        if not folder:
            return text
        encoded = base64.b64encode(text.encode()).decode()
        return (
            f"cd {shlex.quote(folder)} || exit 1\n"
            f'script=$(mktemp) && printf %s {encoded} | base64 -d >"$script" && chmod 700 "$script" || exit 1\n'
            '"$script"\nstatus=$?\nrm -f "$script"\nexit $status\n'
        )


def run(sandbox: Sandbox, command: Command, invocation: Invocation) -> None:
    """Runs a command on one instance, in a thread of its own."""
    if not _delivered(sandbox, command, invocation):
        return
    with sandbox.lock:
        invocation.status = invocation.details = "InProgress"
        invocation.started = utc_now()
    try:
        assert sandbox.machines is not None
        result = sandbox.machines.run(
            invocation.instance_id, command.script, command.execution_seconds, invocation.cancelled
        )
    except Exception as error:
        with sandbox.lock:
            invocation.stderr = f"The instance went away while the command ran: {error}"
            invocation.end("Failed")
        return
    with sandbox.lock:
        _finish(invocation, result)


def _delivered(sandbox: Sandbox, command: Command, invocation: Invocation) -> bool:
    """Waits until the agent can take the command; false when it was cancelled or timed out before."""
    while not invocation.cancelled.is_set():
        with sandbox.lock:
            life = life_of(sandbox, invocation.instance_id)
            instance = find_instance(sandbox, life, invocation.instance_id) if life else None
            ready = (
                instance is not None
                and not command.lost
                and agent_answers(sandbox, invocation.instance_id, life)
                and may_take_commands(sandbox, instance)
            )
        if ready and command.is_visible(sandbox):
            return True
        if command.is_visible(sandbox) and time.monotonic() >= command.sent + _delivery_seconds(sandbox, command):
            with sandbox.lock:
                invocation.end("TimedOut", "DeliveryTimedOut")
            return False
        invocation.cancelled.wait(0.1)
    with sandbox.lock:
        invocation.end("Cancelled")
    return False


def _delivery_seconds(sandbox: Sandbox, command: Command) -> float:
    limit_seconds = sandbox.settings.delivery_limit_seconds or command.delivery_seconds
    return 0 if command.lost else min(command.delivery_seconds, limit_seconds)


def _finish(invocation: Invocation, result: Result) -> None:
    invocation.stdout = result.stdout[:STDOUT_CHARACTERS]
    stderr = result.stderr
    invocation.response_code = result.rc
    if result.cancelled:
        invocation.end("Cancelled")
    elif result.timed_out:
        invocation.end("TimedOut", "ExecutionTimedOut")
    elif result.rc == 0:
        invocation.end("Success")
    else:
        stderr += f"failed to run commands: exit status {result.rc}"
        invocation.end("Failed")
    invocation.stderr = stderr[:STDERR_CHARACTERS]
