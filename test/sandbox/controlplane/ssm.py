"""SSM's managed instances, sessions and public parameters: an instance is there only once its agent registered."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent_rights import may_hold_sessions, may_register
from awscall import AwsError, Call
from cloudfront import utc_now
from ec2_images import ensure_images
from ec2_lives import find_instance, has_machine
from ec2_state import Ec2State, Life, life_of
from gateway import handles
from state import Sandbox

PLATFORMS = {"amazon-linux": ("Amazon Linux", "2023"), "ubuntu": ("Ubuntu", "24.04")}
SHELL_DOCUMENTS = ("SSM-SessionManagerRunShell", "AWS-StartInteractiveCommand", "AWS-StartPortForwardingSession")


@dataclass
class SsmState:
    registered: dict[str, datetime] = field(default_factory=dict)
    # When each registered agent last answered, by the clock that never jumps and by the calendar.
    pinged: dict[str, tuple[float, datetime]] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)


@handles("ssm", "GetParameter", "GetParameters", "GetParametersByPath")
def get_parameters(call: Call) -> object:
    ensure_images(call.sandbox, call.region)
    return call.forward()


def settle(sandbox: Sandbox) -> None:
    """Registers the agents whose time has come, notes which answer, and forgets those of terminated instances."""
    state = sandbox.state(SsmState)
    for instance_id, life in sandbox.state(Ec2State).lives.items():
        instance = find_instance(sandbox, life, instance_id)
        if instance is None or instance.state == "terminated":
            if ping_status(sandbox, instance_id) != "Online":
                state.registered.pop(instance_id, None)
        elif agent_answers(sandbox, instance_id, life):
            if may_register(sandbox, instance):
                state.registered.setdefault(instance_id, utc_now())
                state.pinged[instance_id] = time.monotonic(), utc_now()
            elif instance_id not in state.registered:
                life.agent_sleeps_since = time.monotonic()


def agent_answers(sandbox: Sandbox, instance_id: str, life: Life) -> bool:
    """The agent lives in the machine: without one, an instance never registers."""
    now, settings = time.monotonic(), sandbox.settings
    if life.agent_died or life.agent_never_registers:
        return False
    if life.running_since is None or now < life.running_since + settings.registration_seconds:
        return False
    if life.agent_sleeps_since is not None and now < life.agent_sleeps_since + settings.agent_sleep_seconds:
        return False
    if not has_machine(sandbox, life):
        return False
    return sandbox.machines is not None and sandbox.machines.ready(instance_id)


def managed_instances(call: Call) -> dict[str, Life]:
    """The instances of the call's region whose agent has registered."""
    lives = call.sandbox.state(Ec2State).lives
    registered = call.sandbox.state(SsmState).registered
    return {name: lives[name] for name in registered if lives[name].region == call.region}


def ping_status(sandbox: Sandbox, instance_id: str) -> str:
    """What SSM believes of an agent, which is online until its pings have been missing for long enough."""
    pinged = sandbox.state(SsmState).pinged.get(instance_id)
    life = life_of(sandbox, instance_id)
    if pinged is None or life is None:
        return "ConnectionLost"
    instance = find_instance(sandbox, life, instance_id)
    alive = instance is not None and agent_answers(sandbox, instance_id, life) and may_register(sandbox, instance)
    missed = not alive and time.monotonic() >= pinged[0] + sandbox.settings.ping_lag_seconds
    return "ConnectionLost" if missed else "Online"


@handles("ssm", "DescribeInstanceInformation")
def describe_instance_information(call: Call) -> object:
    state = call.sandbox.state(SsmState)
    rows = []
    for instance_id, life in managed_instances(call).items():
        instance = find_instance(call.sandbox, life, instance_id)
        name, version = PLATFORMS[life.platform or "amazon-linux"]
        rows.append(
            {
                "InstanceId": instance_id,
                "PingStatus": ping_status(call.sandbox, instance_id),
                "LastPingDateTime": state.pinged[instance_id][1],
                "RegistrationDate": state.registered[instance_id],
                "AgentVersion": "3.3.3270.0",
                "IsLatestVersion": True,
                "PlatformType": "Linux",
                "PlatformName": name,
                "PlatformVersion": version,
                "ResourceType": "EC2Instance",
                "IPAddress": instance.private_ip,
                "ComputerName": instance.private_dns_name,
                "tags": {tag["key"]: tag["value"] for tag in instance.get_tags()},
            }
        )
    for key, values in _filters(call.parameters):
        rows = [row for row in rows if _matches(row, key, values)]
    return {"InstanceInformationList": rows}


def _filters(parameters: dict[str, Any]) -> list[tuple[str, list[str]]]:
    old = [(item["key"], item["valueSet"]) for item in parameters.get("InstanceInformationFilterList") or []]
    return old + [(item["Key"], item["Values"]) for item in parameters.get("Filters") or []]


def _matches(row: dict[str, Any], key: str, values: list[str]) -> bool:
    if key.startswith("tag:"):
        return row["tags"].get(key.removeprefix("tag:")) in values
    columns = {
        "InstanceIds": "InstanceId",
        "PingStatus": "PingStatus",
        "PlatformTypes": "PlatformType",
        "ResourceType": "ResourceType",
    }
    if key not in columns:
        raise AwsError("InvalidFilterKey", f"The filter key {key} is not valid.")
    return row[columns[key]] in values


@handles("ssm", "StartSession")
def start_session(call: Call) -> object:
    target = call.parameters["Target"]
    document = call.parameters.get("DocumentName", SHELL_DOCUMENTS[0])
    if document not in SHELL_DOCUMENTS:
        raise AwsError("InvalidDocument", f"Document with name {document} does not exist.")
    life = managed_instances(call).get(target)
    instance = find_instance(call.sandbox, life, target) if life else None
    connected = instance is not None and agent_answers(call.sandbox, target, life)
    if not connected or not may_hold_sessions(call.sandbox, instance):
        raise AwsError("TargetNotConnected", f"{target} is not connected.")
    session_id = f"sandbox-{uuid.uuid4().hex[:17]}"
    call.sandbox.state(SsmState).sessions[session_id] = {
        "SessionId": session_id,
        "Target": target,
        "Status": "Connected",
        "StartDate": utc_now(),
        "DocumentName": document,
        "Owner": "arn:aws:iam::123456789012:root",
    }
    stream = f"wss://ssmmessages.{call.region}.amazonaws.com/v1/data-channel/{session_id}?role=publish_subscribe"
    return {"SessionId": session_id, "TokenValue": uuid.uuid4().hex, "StreamUrl": stream}


@handles("ssm", "TerminateSession")
def terminate_session(call: Call) -> object:
    session = call.sandbox.state(SsmState).sessions.get(call.parameters["SessionId"])
    if session is None:
        raise AwsError("DoesNotExistException", f"Session {call.parameters['SessionId']} does not exist.")
    session.update(Status="Terminated", EndDate=utc_now())
    return {"SessionId": session["SessionId"]}


@handles("ssm", "DescribeSessions")
def describe_sessions(call: Call) -> object:
    ended = call.parameters["State"] == "History"
    sessions = call.sandbox.state(SsmState).sessions.values()
    return {"Sessions": [item for item in sessions if (item["Status"] == "Terminated") == ended]}
