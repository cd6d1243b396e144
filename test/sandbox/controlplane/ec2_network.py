"""Subnets: default only when asked for. Security groups: none without a VPC, no more rules than fit, and none deleted while in use."""

from __future__ import annotations

from typing import Any

from awscall import AwsError, Call
from ec2_state import Ec2State, ec2
from gateway import handles

# The quotas that every account starts with, and how much of them CloudFront's list takes (CloudFront documentation, "Use the CloudFront
# managed prefix list").
MOST_RULES = 60
PREFIX_LIST_WEIGHTS = {"com.amazonaws.global.cloudfront.origin-facing": 55}


@handles("ec2", "CreateSubnet", "CreateDefaultSubnet")
def create_subnet(call: Call) -> object:
    """Moto takes the first subnet of a zone for its default one, which gives public addresses."""
    backend = ec2(call)
    before = {subnet.id for subnet in backend.describe_subnets()}
    response = call.forward()
    made = next((subnet for subnet in backend.describe_subnets() if subnet.id not in before), None)
    if made is None:
        return response
    made.default_for_az = made.map_public_ip_on_launch = call.operation == "CreateDefaultSubnet"
    return {"Subnet": made}


@handles("ec2", "DescribeRouteTables", "DescribeInternetGateways")
def describe_routes(call: Call) -> object:
    """A default VPC comes with an internet gateway and a route to it, which moto leaves out."""
    backend = ec2(call)
    vpc = backend.get_default_vpc()
    if vpc is not None and not any(gateway.vpc is vpc for gateway in backend.internet_gateways.values()):
        state = call.sandbox.state(Ec2State)
        if vpc.id not in state.vpcs_with_gateway:
            state.vpcs_with_gateway.add(vpc.id)
            gateway = backend.create_internet_gateway()
            backend.attach_internet_gateway(gateway.id, vpc.id)
            table = next(one for one in backend.route_tables.values() if one.vpc_id == vpc.id and one.main_association_id)
            backend.create_route(table.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id)
    return call.forward()


@handles("ec2", "CreateSecurityGroup")
def create_security_group(call: Call) -> object:
    if not call.parameters.get("VpcId") and ec2(call).get_default_vpc() is None:
        raise AwsError("VPCIdNotSpecified", "No default VPC for this user")
    return call.forward()


@handles("ec2", "AuthorizeSecurityGroupIngress")
def authorize_ingress(call: Call) -> object:
    """AWS adds all rules of a request or none of them; moto those that stand before one that is there already."""
    backend = ec2(call)
    for permission in call.parameters.get("IpPermissions") or []:
        for entry in permission.get("PrefixListIds") or []:
            if entry.get("PrefixListId") not in backend.managed_prefix_lists:
                raise AwsError(
                    "InvalidPrefixListID.NotFound", f"The prefix list ID '{entry.get('PrefixListId')}' does not exist"
                )
    group = backend.get_security_group_from_id(call.parameters.get("GroupId"))
    before = list(group.ingress_rules) if group else []
    response = call.forward()
    if group and response.status_code != 200:
        group.ingress_rules[:] = before
    elif group and _weight(backend, group) > MOST_RULES:
        group.ingress_rules[:] = before
        raise AwsError(
            "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."
        )
    return response


def _weight(backend: Any, group: Any) -> int:
    """How many of the IPv4 rules that a group may have it uses: a prefix list counts as often as it has room."""
    lists = backend.managed_prefix_lists.values()
    weights = {one.id: PREFIX_LIST_WEIGHTS.get(one.prefix_list_name, 1) for one in lists}
    return sum(0 if rule.cidr_ipv6 else weights.get(rule.prefix_list_id, 1) for rule in group.ingress_rules)


@handles("ec2", "DeleteSecurityGroup")
def delete_security_group(call: Call) -> object:
    backend = ec2(call)
    group_id, name = call.parameters.get("GroupId"), call.parameters.get("GroupName")
    group = backend.get_security_group_from_id(group_id) if group_id else backend.get_security_group_by_name_or_id(name)
    if group is not None and _in_use(backend, group.id):
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
    return call.forward()


def _in_use(backend: Any, group_id: str) -> bool:
    by_interface = any(group.id == group_id for eni in backend.enis.values() for group in eni.group_set)
    return by_interface or any(
        rule.source_group.get("GroupId") == group_id
        for groups in backend.groups.values()
        for group in groups.values()
        if group.id != group_id
        for rule in [*group.ingress_rules, *group.egress_rules]
    )
