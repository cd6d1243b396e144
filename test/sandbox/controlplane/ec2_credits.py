"""CPU credits of burstable instances: T3, T3a and T4g start unlimited, T2 standard, unless the launch says otherwise.

An unlimited instance that is busy for long is billed for it. AWS's "DescribeInstanceCreditSpecifications": asked without ids it answers
with the unlimited ones only, and it refuses an instance that is not burstable.
"""

from __future__ import annotations

from typing import Any

from awscall import AwsError, Call
from ec2_state import Ec2State, ec2, life_of
from gateway import handles

CHOICES = ("standard", "unlimited")


def default_credits(kind: str) -> str | None:
    """The credit option of an instance type; None for one that is not burstable."""
    if not kind.startswith(("t2.", "t3.", "t3a.", "t4g.")):
        return None
    return "standard" if kind.startswith("t2.") else "unlimited"


def check_credits(call: Call) -> None:
    """Raises what EC2 answers to a launch with a credit specification that it cannot give."""
    given = call.parameters.get("CreditSpecification")
    kind = call.parameters.get("InstanceType") or "m1.small"
    if not given:
        return
    if default_credits(kind) is None:
        raise AwsError(
            "InstanceCreditSpecification.NotSupported", f"The {kind} instance type does not support T2 Unlimited."
        )
    _check_choice(given.get("CpuCredits"))


def launched_credits(call: Call, kind: str) -> str | None:
    """The credit option with which an instance of this launch starts."""
    return (call.parameters.get("CreditSpecification") or {}).get("CpuCredits") or default_credits(kind)


def _check_choice(choice: str | None) -> None:
    if choice not in CHOICES:
        raise AwsError("InvalidParameterValue", f"Invalid value '{choice}' for CpuCredits.")


@handles("ec2", "DescribeInstanceCreditSpecifications")
def describe_instance_credit_specifications(call: Call) -> object:
    wanted = call.parameters.get("InstanceIds")
    if wanted:
        instances = ec2(call).get_multi_instances_by_id(wanted)
    else:
        lives = call.sandbox.state(Ec2State).lives
        unlimited = {name for name, life in lives.items() if life.cpu_credits == "unlimited"}
        instances = [instance for instance in ec2(call).all_instances() if instance.id in unlimited]
    for item in call.parameters.get("Filters") or []:
        if item["Name"] != "instance-id":
            raise AwsError("InvalidParameterValue", f"The filter '{item['Name']}' is invalid")
        instances = [instance for instance in instances if instance.id in item["Values"]]
    rows = [{"InstanceId": instance.id, "CpuCredits": _credits(call, instance)} for instance in instances]
    return {"InstanceCreditSpecifications": rows}


def _credits(call: Call, instance: Any) -> str:
    life = life_of(call.sandbox, instance.id)
    if life is None or life.cpu_credits is None:
        raise AwsError(
            "InstanceCreditSpecification.NotSupported",
            f"The {instance.instance_type} instance type does not support T2 Unlimited.",
        )
    return life.cpu_credits


@handles("ec2", "ModifyInstanceCreditSpecification")
def modify_instance_credit_specification(call: Call) -> object:
    done, failed = [], []
    for item in call.parameters["InstanceCreditSpecifications"]:
        _check_choice(item.get("CpuCredits"))
        life = life_of(call.sandbox, item["InstanceId"])
        if life is None:
            error = {"Code": "InvalidInstanceID.NotFound", "Message": "The instance ID does not exist"}
            failed.append({"InstanceId": item["InstanceId"], "Error": error})
        elif life.cpu_credits is None:
            error = {"Code": "InstanceCreditSpecification.NotSupported", "Message": "The instance is not burstable"}
            failed.append({"InstanceId": item["InstanceId"], "Error": error})
        else:
            life.cpu_credits = item["CpuCredits"]
            done.append({"InstanceId": item["InstanceId"]})
    return {
        "SuccessfulInstanceCreditSpecifications": done,
        "UnsuccessfulInstanceCreditSpecifications": failed,
    }
