"""Run Command: only the named instances, only registered ones, with AWS's limits."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from awscall import AwsError, Call
from ec2_lives import find_instance
from gateway import handles
from misfortunes import Misfortunes
from ssm import managed_instances, ping_status
from ssm_run import PENDING, Command, Invocation, run
from state import Sandbox

DOCUMENT = "AWS-RunShellScript"
PARAMETERS = {"commands", "workingDirectory", "executionTimeout"}
LONGEST_EXECUTION_SECONDS = 172_800


@dataclass
class CommandState:
    commands: dict[str, Command] = field(default_factory=dict)


@handles("ssm", "SendCommand")
def send_command(call: Call) -> object:
    given = call.parameters
    document = given.get("DocumentName", "").rpartition("/")[2]
    if document != DOCUMENT:
        raise AwsError("InvalidDocument", f"Document {document} does not exist; the sandbox has {DOCUMENT}.")
    if len(given.get("Comment", "")) > 100:
        raise AwsError("ValidationException", "Member 'comment' must have length less than or equal to 100")
    delivery_seconds = given.get("TimeoutSeconds", 3600)
    if not 30 <= delivery_seconds <= 2_592_000:
        raise AwsError("ValidationException", "Member 'timeoutSeconds' must be between 30 and 2592000")
    parameters = given.get("Parameters") or {}
    _check_parameters(parameters)
    command = Command(
        document=document,
        comment=given.get("Comment", ""),
        parameters=parameters,
        region=call.region,
        delivery_seconds=delivery_seconds,
        given=given,
        invocations=[Invocation(instance_id) for instance_id in _targets(call)],
    )
    command.lost = call.sandbox.state(Misfortunes).meet("command") is not None
    call.sandbox.state(CommandState).commands[command.id] = command
    for invocation in command.invocations:
        threading.Thread(target=run, args=(call.sandbox, command, invocation), daemon=True).start()
    return {"Command": _described(command)}


def _check_parameters(parameters: dict[str, list[str]]) -> None:
    unknown = set(parameters) - PARAMETERS
    if unknown:
        raise AwsError("InvalidParameters", f"{DOCUMENT} has no parameter {', '.join(sorted(unknown))}.")
    if not parameters.get("commands"):
        raise AwsError("InvalidParameters", "The parameter commands is required.")
    timeout = (parameters.get("executionTimeout") or ["3600"])[0]
    if not timeout.isdecimal() or not 1 <= int(timeout) <= LONGEST_EXECUTION_SECONDS:
        raise AwsError("InvalidParameters", f"executionTimeout is 1 to {LONGEST_EXECUTION_SECONDS} seconds.")


def _targets(call: Call) -> list[str]:
    managed = managed_instances(call)
    instances = {name: find_instance(call.sandbox, life, name) for name, life in managed.items()}
    # SSM goes by what it believes of the agent: one that has just gone is still sent to.
    valid = {
        name
        for name, instance in instances.items()
        if instance.state == "running" or ping_status(call.sandbox, name) == "Online"
    }
    named = call.parameters.get("InstanceIds") or []
    if not named and not call.parameters.get("Targets"):
        raise AwsError("InvalidInstanceId", "A command needs InstanceIds or Targets.")
    for instance_id in named:
        if instance_id not in valid:
            raise AwsError("InvalidInstanceId", f"Instances [[{instance_id}]] not in a valid state for account")
    for target in call.parameters.get("Targets") or []:
        for name, instance in instances.items():
            tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
            key = target["Key"]
            value = name if key == "InstanceIds" else tags.get(key.removeprefix("tag:"))
            if name in valid and value in target["Values"] and name not in named:
                named.append(name)
    return named


def _described(command: Command) -> dict[str, Any]:
    ended = [invocation for invocation in command.invocations if invocation.status not in PENDING]
    return {
        "CommandId": command.id,
        "DocumentName": command.document,
        "DocumentVersion": "$DEFAULT",
        "Comment": command.comment,
        "ExpiresAfter": command.expires,
        "Parameters": command.parameters,
        "InstanceIds": command.given.get("InstanceIds") or [],
        "Targets": command.given.get("Targets") or [],
        "RequestedDateTime": command.requested,
        "Status": command.status,
        "StatusDetails": command.status,
        "OutputS3BucketName": "",
        "MaxConcurrency": "50",
        "MaxErrors": "0",
        "TargetCount": len(command.invocations),
        "CompletedCount": len(ended),
        "ErrorCount": sum(invocation.status in ("Failed", "TimedOut") for invocation in ended),
        "DeliveryTimedOutCount": sum(invocation.details == "DeliveryTimedOut" for invocation in ended),
        "TimeoutSeconds": command.delivery_seconds,
    }


@handles("ssm", "GetCommandInvocation")
def get_command_invocation(call: Call) -> object:
    command = call.sandbox.state(CommandState).commands.get(call.parameters["CommandId"])
    instance_id = call.parameters["InstanceId"]
    invocation = (
        next((item for item in command.invocations if item.instance_id == instance_id), None) if command else None
    )
    if command is None or invocation is None or not command.is_visible(call.sandbox):
        raise AwsError("InvocationDoesNotExist", "")
    elapsed = (
        (invocation.ended - invocation.started).total_seconds() if invocation.ended and invocation.started else None
    )
    return {
        "CommandId": command.id,
        "InstanceId": instance_id,
        "Comment": command.comment,
        "DocumentName": command.document,
        "DocumentVersion": "$DEFAULT",
        "PluginName": "aws:runShellScript",
        "ResponseCode": invocation.response_code,
        "ExecutionStartDateTime": _iso(invocation.started),
        "ExecutionElapsedTime": "" if elapsed is None else f"PT{elapsed:.3f}S",
        "ExecutionEndDateTime": _iso(invocation.ended),
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "StandardOutputContent": invocation.stdout,
        "StandardOutputUrl": "",
        "StandardErrorContent": invocation.stderr,
        "StandardErrorUrl": "",
        "CloudWatchOutputConfig": {"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": False},
    }


def _iso(moment: datetime | None) -> str:
    return (
        moment.replace(tzinfo=timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else ""
    )


@handles("ssm", "ListCommands")
def list_commands(call: Call) -> object:
    return {"Commands": [_described(command) for command in _found(call)]}


def _found(call: Call) -> list[Command]:
    """The commands of a list call, newest first."""
    given = call.parameters
    commands = [item for item in call.sandbox.state(CommandState).commands.values() if item.region == call.region]
    if given.get("CommandId"):
        commands = [command for command in commands if command.id == given["CommandId"]]
        if not commands:
            raise AwsError("InvalidCommandId", "")
    if given.get("InstanceId"):
        commands = [
            command
            for command in commands
            if any(invocation.instance_id == given["InstanceId"] for invocation in command.invocations)
        ]
    for item in given.get("Filters") or []:
        commands = [command for command in commands if _passes(command, item["key"], item["value"])]
    return list(reversed(commands))


def _passes(command: Command, key: str, value: str) -> bool:
    match key:
        case "Status":
            return command.status == value
        case "DocumentName":
            return command.document == value
        case "InvokedAfter" | "InvokedBefore":
            limit = datetime.fromisoformat(value.replace("Z", "+00:00")).replace(tzinfo=None)
            return command.requested > limit if key == "InvokedAfter" else command.requested < limit
    raise AwsError("InvalidFilterKey", f"The filter key {key} is not valid.")


@handles("ssm", "ListCommandInvocations")
def list_command_invocations(call: Call) -> object:
    rows = []
    for command in _found(call):
        for invocation in command.invocations:
            if call.parameters.get("InstanceId", invocation.instance_id) != invocation.instance_id:
                continue
            plugin = {
                "Name": "aws:runShellScript",
                "Status": invocation.status,
                "StatusDetails": invocation.details,
                "ResponseCode": invocation.response_code,
                "Output": (invocation.stdout + invocation.stderr)[:2500],
            }
            rows.append(
                {
                    "CommandId": command.id,
                    "InstanceId": invocation.instance_id,
                    "Comment": command.comment,
                    "DocumentName": command.document,
                    "RequestedDateTime": command.requested,
                    "Status": invocation.status,
                    "StatusDetails": invocation.details,
                    "CommandPlugins": [plugin] if call.parameters.get("Details") else [],
                }
            )
    return {"CommandInvocations": rows}


@handles("ssm", "CancelCommand")
def cancel_command(call: Call) -> object:
    command = call.sandbox.state(CommandState).commands.get(call.parameters["CommandId"])
    if command is None:
        raise AwsError("InvalidCommandId", "")
    wanted = call.parameters.get("InstanceIds")
    for invocation in command.invocations:
        if (not wanted or invocation.instance_id in wanted) and invocation.status in PENDING:
            invocation.status = invocation.details = "Cancelling"
            invocation.cancelled.set()
    return {}


def reset(sandbox: Sandbox) -> None:
    """Cancels whatever still runs."""
    for command in sandbox.state(CommandState).commands.values():
        for invocation in command.invocations:
            invocation.cancelled.set()
