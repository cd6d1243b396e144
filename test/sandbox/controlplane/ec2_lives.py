"""The states that instances reach by themselves, in the time that their machine takes (or the clock, without one)."""

from __future__ import annotations

import time
from typing import Any

from moto.ec2.models.instances import InstanceState, StateReason

from ec2_addresses import free_addresses
from ec2_state import Ec2State, Life
from state import Sandbox

STATE_CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


def has_machine(sandbox: Sandbox, life: Life) -> bool:
    """Whether a real machine stands behind an instance."""
    return sandbox.machines is not None and life.platform is not None


def next_state(state: str) -> str:
    """Where an instance in a passing state ends up."""
    return {"pending": "running", "stopping": "stopped", "shutting-down": "terminated"}[state]


def settle(sandbox: Sandbox) -> None:
    """Moves instances to the state that their machine (or the clock, without one) has reached."""
    state = sandbox.state(Ec2State)
    for instance_id, life in state.lives.items():
        instance = find_instance(sandbox, life, instance_id)
        if instance is None or instance.state == "terminated":
            continue
        if has_machine(sandbox, life):
            reached = sandbox.machines.state(instance_id)  # type: ignore[union-attr]
            _follow(sandbox, instance, life, reached)
        elif instance.state in ("pending", "stopping", "shutting-down"):
            settings = sandbox.settings
            needed_seconds = settings.boot_seconds if instance.state == "pending" else settings.stop_seconds
            if time.monotonic() >= life.changed + needed_seconds:
                if life.doom and instance.state == "pending":
                    _doom(instance, life)
                else:
                    _arrive(sandbox, instance, life, next_state(instance.state))
    for since, region, interface in list(state.lingering):
        if time.monotonic() >= since + sandbox.settings.linger_seconds:
            state.lingering.remove((since, region, interface))
            sandbox.backend("ec2", region).enis.pop(interface.id, None)


def find_instance(sandbox: Sandbox, life: Life, instance_id: str) -> Any:
    """Moto's instance, or None."""
    for reservation in sandbox.backend("ec2", life.region).reservations.values():
        for instance in reservation.instances:
            if instance.id == instance_id:
                return instance
    return None


def _follow(sandbox: Sandbox, instance: Any, life: Life, reached: str) -> None:
    state = instance.state
    if state == "shutting-down":
        if reached == "terminated":
            _arrive(sandbox, instance, life, "terminated")
    elif reached == "running" and state == "pending":
        _arrive(sandbox, instance, life, "running")
    elif reached == "stopped" and state == "stopping":
        _arrive(sandbox, instance, life, "stopped")
    elif reached in ("stopping", "stopped") and state == "running":
        # The guest powered itself off.
        _arrive(sandbox, instance, life, "stopped")


def _doom(instance: Any, life: Life) -> None:
    """A launch that failed dies as if it were terminated, and says why."""
    instance._state = InstanceState("shutting-down", STATE_CODES["shutting-down"])
    life.changed = time.monotonic()
    _tell_doom(instance, life)


def _tell_doom(instance: Any, life: Life) -> None:
    if life.doom:
        code, message = life.doom
        instance._reason, instance.state_reason = code, StateReason(message, code)


def _arrive(sandbox: Sandbox, instance: Any, life: Life, state: str) -> None:
    if state == "running":
        instance._state = InstanceState("running", 16)
        instance._reason, instance.state_reason = "", StateReason()
        life.booted()
    elif state == "stopped":
        life.running_since = None
        instance.stop()
    else:
        interfaces = list(instance.nics.values())
        free_addresses(interfaces)
        instance.terminate()
        _tell_doom(instance, life)
        now = time.monotonic()
        sandbox.state(Ec2State).lingering += [(now, life.region, interface) for interface in interfaces]
