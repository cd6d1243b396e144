"""What EC2 remembers beyond moto: client tokens, instances on their way to a state, and work on machines."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from awscall import AwsError, Call
from state import Sandbox


@dataclass
class Token:
    """A client token that was used: for what, and with which answer."""

    parameters: dict[str, Any]
    answer: Any


@dataclass
class Life:
    """One instance: when it was last asked to change its state, and since when it runs."""

    region: str
    platform: str | None
    changed: float = field(default_factory=time.monotonic)
    running_since: float | None = None
    # An SSM agent that finds no permission at boot sleeps for long before it tries again.
    agent_sleeps_since: float | None = None
    agent_died: bool = False
    agent_never_registers: bool = False
    # Why it dies instead of running: StateReason's code and message.
    doom: tuple[str, str] | None = None
    # "standard" or "unlimited"; None for a type that is not burstable.
    cpu_credits: str | None = None

    def booted(self) -> None:
        self.running_since = time.monotonic()
        self.agent_sleeps_since = None
        self.agent_died = False


@dataclass
class Ec2State:
    tokens: dict[tuple[str, str, str], Token] = field(default_factory=dict)
    lives: dict[str, Life] = field(default_factory=dict)
    # Interfaces of terminated instances hold their security groups a little longer.
    lingering: list[tuple[float, str, Any]] = field(default_factory=list)
    # Interfaces whose Elastic IP was taken away: since when, in which region.
    addressless: list[tuple[float, str, Any]] = field(default_factory=list)
    modifications: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    workers: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    # The volumes that have a disk in the machines' folder; root volumes are the machines' own.
    disks: set[str] = field(default_factory=set)
    regions_with_images: set[str] = field(default_factory=set)
    # The default VPCs that were given an internet gateway, which their owner may take away.
    vpcs_with_gateway: set[str] = field(default_factory=set)

    def work(self, instance_id: str, job: Callable[[], None]) -> None:
        """Does slow work on one machine in the background, in the order in which it was asked for."""
        if instance_id not in self.workers:
            self.workers[instance_id] = ThreadPoolExecutor(1, thread_name_prefix=instance_id)
        self.workers[instance_id].submit(_reported, job)


def _reported(job: Callable[[], None]) -> None:
    try:
        job()
    except Exception:
        traceback.print_exc(file=sys.stderr)
        raise


def ec2(call: Call) -> Any:
    """Moto's EC2 of the call's region."""
    return call.sandbox.backend("ec2", call.region)


def earlier_answer(call: Call) -> Any:
    """The answer that the call's client token already had, or None; refuses other parameters with the same token."""
    token = call.parameters.get("ClientToken")
    known = call.sandbox.state(Ec2State).tokens.get((call.region, call.operation, token or ""))
    if token and len(token) > 64:
        raise AwsError("InvalidParameterValue", "A client token has at most 64 characters.")
    if not token or known is None:
        return None
    if known.parameters != call.parameters:
        raise AwsError(
            "IdempotentParameterMismatch",
            "The client token you have provided is associated with a resource that was already created with different"
            " parameters. Use a different token.",
        )
    return known.answer


def remember_answer(call: Call, answer: Any) -> None:
    token = call.parameters.get("ClientToken")
    if token:
        tokens = call.sandbox.state(Ec2State).tokens
        tokens[call.region, call.operation, token] = Token(dict(call.parameters), answer)


def life_of(sandbox: Sandbox, instance_id: str) -> Life | None:
    return sandbox.state(Ec2State).lives.get(instance_id)
