"""Instances: client tokens, launch checks, and changes of state that are asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from moto.ec2.models.instances import Instance, InstanceState
from moto.ec2.utils import filter_dict_attribute_mapping
from werkzeug.wrappers import Response

from awscall import AwsError, Call
from ec2_credits import launched_credits
from ec2_images import ensure_images
from ec2_launch import check_launch, completed_body, launched_platform
from ec2_lives import STATE_CODES, find_instance, has_machine, next_state
from ec2_quota import check_vcpus
from ec2_state import Ec2State, Life, earlier_answer, ec2, life_of, remember_answer
from ec2_volumes import drop_disk, make_disk
from gateway import handles
from misfortunes import Misfortunes
from state import Sandbox

# Moto knows neither an instance's token nor a search for it.
Instance.client_token = ""  # type: ignore[attr-defined]
filter_dict_attribute_mapping["client-token"] = "client_token"


@handles("ec2", "RunInstances")
def run_instances(call: Call) -> object:
    ensure_images(call.sandbox, call.region)
    earlier = earlier_answer(call)
    if earlier is not None:
        if all(instance.state in ("shutting-down", "terminated") for instance in earlier.instances):
            raise AwsError(
                "IdempotentInstanceTerminated",
                "The client token you have provided is associated with an instance that was terminated.",
            )
        return earlier
    check_launch(call)
    backend = ec2(call)
    before = set(backend.reservations)
    call.body = completed_body(call)
    response = call.forward()
    for reservation_id in set(backend.reservations) - before:
        reservation = backend.reservations[reservation_id]
        if response.status_code != 200:
            # Moto registers a reservation before it finds out that it cannot fill it.
            del backend.reservations[reservation_id]
            continue
        remember_answer(call, reservation)
        for instance in reservation.instances:
            _begin(call, instance)
    return response


def _begin(call: Call, instance: Any) -> None:
    state = call.sandbox.state(Ec2State)
    misfortune = call.sandbox.state(Misfortunes).meet("launch")
    life = Life(call.region, None if misfortune else launched_platform(ec2(call), instance.image_id))
    life.doom = (misfortune.code, misfortune.message) if misfortune else None
    life.agent_never_registers = call.sandbox.state(Misfortunes).meet("agent") is not None
    life.cpu_credits = launched_credits(call, instance.instance_type)
    state.lives[instance.id] = life
    instance.client_token = call.parameters.get("ClientToken") or ""
    instance._state = InstanceState("pending", 0)
    # Moto shows the groups of an instance that was launched with an interface at that interface alone.
    instance.security_groups = instance.security_groups or list(instance.nics[0].group_set)
    if has_machine(call.sandbox, life):
        lock_seconds = call.sandbox.settings.apt_lock_seconds
        call.sandbox.machines.launch(instance.id, life.platform, lock_seconds)  # type: ignore[union-attr, arg-type]
        for device, mapping in instance.block_device_mapping.items():
            if device != instance.root_device_name:
                volume = ec2(call).volumes[mapping.volume_id]
                make_disk(call.sandbox, volume)
                _work(call.sandbox, instance.id, lambda machines, name=volume.id: machines.attach(instance.id, name))


def _change(
    call: Call, action: str, from_states: set[str], to_state: str, act: Callable[[Any, Life], None]
) -> list[dict[str, Any]]:
    changes = []
    for instance in ec2(call).get_multi_instances_by_id(call.parameters["InstanceIds"]):
        previous = instance.state
        life = life_of(call.sandbox, instance.id)
        if previous in from_states and life:
            instance._state = InstanceState(to_state, STATE_CODES[to_state])
            life.changed, life.running_since = time.monotonic(), None
            act(instance, life)
        elif action != "terminate" and previous not in (to_state, next_state(to_state)):
            verb = {"start": "started", "stop": "stopped"}[action]
            raise AwsError(
                "IncorrectInstanceState",
                f"The instance '{instance.id}' is not in a state from which it can be {verb}.",
            )
        changes.append(
            {
                "InstanceId": instance.id,
                "CurrentState": {"Code": instance.state_code, "Name": instance.state},
                "PreviousState": {"Code": STATE_CODES[previous], "Name": previous},
            }
        )
    return changes


@handles("ec2", "StartInstances")
def start_instances(call: Call) -> object:
    def start(instance: Any, life: Life) -> None:
        # A new public address comes with every start.
        for interface in instance.nics.values():
            interface.start()
        if has_machine(call.sandbox, life):
            _work(call.sandbox, instance.id, lambda machines: machines.start(instance.id))

    for instance in ec2(call).get_multi_instances_by_id(call.parameters["InstanceIds"]):
        if instance.state == "stopped":
            check_vcpus(call, instance.instance_type)
    return {"StartingInstances": _change(call, "start", {"stopped"}, "pending", start)}


@handles("ec2", "StopInstances")
def stop_instances(call: Call) -> object:
    def stop(instance: Any, life: Life) -> None:
        if has_machine(call.sandbox, life):
            _work(call.sandbox, instance.id, lambda machines: machines.stop(instance.id))

    return {"StoppingInstances": _change(call, "stop", {"running"}, "stopping", stop)}


@handles("ec2", "RebootInstances")
def reboot_instances(call: Call) -> object:
    for instance in ec2(call).get_multi_instances_by_id(call.parameters["InstanceIds"]):
        life = life_of(call.sandbox, instance.id)
        if instance.state != "running" or life is None:
            raise AwsError("IncorrectState", f"Instance {instance.id} is not in a state from which it can be rebooted.")
        life.booted()
        if has_machine(call.sandbox, life):
            _work(call.sandbox, instance.id, lambda machines, name=instance.id: machines.reboot(name))
    return {}


@handles("ec2", "TerminateInstances")
def terminate_instances(call: Call) -> object:
    for instance in ec2(call).get_multi_instances_by_id(call.parameters["InstanceIds"]):
        if instance.disable_api_termination in (True, "true"):
            raise AwsError(
                "OperationNotPermitted",
                f"The instance '{instance.id}' may not be terminated. Modify its 'disableApiTermination' attribute.",
            )

    def terminate(instance: Any, life: Life) -> None:
        if has_machine(call.sandbox, life):
            _work(call.sandbox, instance.id, lambda machines: machines.terminate(instance.id))

    alive = {"pending", "running", "stopping", "stopped"}
    return {"TerminatingInstances": _change(call, "terminate", alive, "shutting-down", terminate)}


def _work(sandbox: Sandbox, instance_id: str, job: Callable[[Any], None]) -> None:
    machines = sandbox.machines
    sandbox.state(Ec2State).work(instance_id, lambda: job(machines))


@handles("ec2", "DescribeInstances", "DescribeImages", "DescribeInstanceStatus")
def describe(call: Call) -> Response:
    ensure_images(call.sandbox, call.region)
    return call.forward()


def report(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What /sandbox/instances shows to the proxy."""
    rows = []
    for instance_id, life in sandbox.state(Ec2State).lives.items():
        instance = find_instance(sandbox, life, instance_id)
        if instance is None:
            continue
        alive = instance.state != "terminated"
        port = sandbox.machines.http_port(instance_id) if alive and has_machine(sandbox, life) else None  # type: ignore[union-attr]
        rows.append(
            {
                "id": instance_id,
                "state": instance.state,
                "publicIp": instance.public_ip if alive else None,
                "publicDnsName": instance.public_dns_name if alive else None,
                "privateIp": instance.private_ip if alive else None,
                "httpPort": port,
            }
        )
    return rows


def reset(sandbox: Sandbox) -> None:
    """Terminates every machine."""
    state = sandbox.state(Ec2State)
    for instance_id, life in state.lives.items():
        instance = find_instance(sandbox, life, instance_id)
        if has_machine(sandbox, life) and instance is not None and instance.state != "terminated":
            sandbox.machines.terminate(instance_id)  # type: ignore[union-attr]
    for volume_id in list(state.disks):
        drop_disk(sandbox, volume_id)
