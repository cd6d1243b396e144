"""Public addresses: Elastic IPs are few, stay with a stopped instance and push its changing address out.

Moto takes every public address for one of the account's, gives an instance that has an Elastic IP a new address at its next start, and
leaves an address with an instance that is gone.
"""

from __future__ import annotations

import time
from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, generate_dns_from_ip, random_eip_association_id, random_public_ip

from awscall import AwsError, Call
from ec2_state import Ec2State, ec2
from gateway import handles
from state import Sandbox

# The quota that every account starts with (Service Quotas, "EC2-VPC Elastic IPs").
MOST_ADDRESSES = 5

_start, _stop = NetworkInterface.start, NetworkInterface.stop


def _address_of(interface: Any) -> Any:
    addresses = interface.ec2_backend.addresses
    return next((address for address in addresses if address.eni is interface), None)


def _start_interface(interface: Any) -> None:
    if _address_of(interface) is None:
        _start(interface)


def _stop_interface(interface: Any) -> None:
    if _address_of(interface) is None:
        _stop(interface)


def _association(interface: Any) -> dict[str, Any]:
    if not interface.public_ip:
        return {}
    address = _address_of(interface)
    ids = {"allocationId": address.allocation_id, "associationId": address.association_id} if address else {}
    return {
        **ids,
        "natEnabled": True,
        "publicIp": interface.public_ip,
        "publicDnsName": generate_dns_from_ip(interface.public_ip),
        "ipOwnerId": interface.ec2_backend.account_id if address else "amazon",
    }


NetworkInterface.start, NetworkInterface.stop = _start_interface, _stop_interface  # type: ignore[method-assign]
NetworkInterface.association = property(_association)  # type: ignore[method-assign, assignment]
# The type that lists of tags name (EC2 API reference, TagDescription).
EC2_PREFIX_TO_RESOURCE["eipalloc"] = "elastic-ip"


@handles("ec2", "AllocateAddress")
def allocate_address(call: Call) -> object:
    backend = ec2(call)
    if len(backend.addresses) >= MOST_ADDRESSES:
        raise AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    for specification in call.parameters.get("TagSpecifications") or []:
        kind = specification.get("ResourceType")
        if kind != "elastic-ip":
            message = f"'{kind}' is not a valid taggable resource type for this operation."
            raise AwsError("InvalidParameterValue", message)
    response = call.forward()
    if response.status_code != 200:
        return response
    address = backend.addresses[-1]
    # Moto's are loopback addresses.
    address.public_ip = random_public_ip()
    return {"PublicIp": address.public_ip, "AllocationId": address.allocation_id, "Domain": "vpc"}


@handles("ec2", "AssociateAddress")
def associate_address(call: Call) -> object:
    backend = ec2(call)
    instance = backend.get_instance(call.parameters.get("InstanceId"))
    (address,) = backend.address_by_allocation([call.parameters.get("AllocationId")])
    if instance.state not in ("running", "stopping", "stopped"):
        message = f"The {instance.state} instance '{instance.id}' is not in a valid state for this operation."
        raise AwsError("InvalidInstanceID", message)
    interface = instance.nics[0]
    vpc = backend.get_vpc(interface.subnet.vpc_id)
    # The default VPC has a gateway on AWS, which moto does not show.
    if vpc is not backend.get_default_vpc() and not any(one.vpc is vpc for one in backend.internet_gateways.values()):
        raise AwsError("Gateway.NotAttached", f"Network {vpc.id} is not attached to any internet gateway")
    if address.eni is interface:
        return {"AssociationId": address.association_id}
    if address.association_id:
        # Left out, it means that the address may be taken away from where it is.
        if call.parameters.get("AllowReassociation") is False:
            raise AwsError(
                "Resource.AlreadyAssociated",
                f"resource {address.allocation_id} is already associated with associate-id {address.association_id}",
            )
        _detach(call.sandbox, call.region, address)
    former = _address_of(interface)
    if former is not None:
        former.instance = former.eni = former.association_id = None
    address.instance, address.eni, address.association_id = instance, interface, random_eip_association_id()
    interface.public_ip = address.public_ip
    return {"AssociationId": address.association_id}


@handles("ec2", "DisassociateAddress")
def disassociate_address(call: Call) -> object:
    (address,) = ec2(call).address_by_association([call.parameters.get("AssociationId")])
    _detach(call.sandbox, call.region, address)
    return {}


@handles("ec2", "ReleaseAddress")
def release_address(call: Call) -> object:
    allocation = call.parameters.get("AllocationId")
    for address in ec2(call).addresses:
        if address.allocation_id == allocation and address.association_id:
            raise AwsError("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
    return call.forward()


def _detach(sandbox: Sandbox, region: str, address: Any) -> None:
    interface = address.eni
    address.instance = address.eni = address.association_id = None
    interface.public_ip = None
    sandbox.state(Ec2State).addressless.append((time.monotonic(), region, interface))


def free_addresses(interfaces: list[Any]) -> None:
    """Takes the Elastic IPs off the interfaces of an instance that is gone."""
    for interface in interfaces:
        address = _address_of(interface)
        if address is not None:
            address.instance = address.eni = address.association_id = None


def settle(sandbox: Sandbox) -> None:
    """Gives instances whose Elastic IP was taken away a changing address, for which AWS takes up to minutes."""
    waiting = sandbox.state(Ec2State).addressless
    for entry in list(waiting):
        since, _, interface = entry
        if time.monotonic() < since + sandbox.settings.address_seconds:
            continue
        waiting.remove(entry)
        instance = interface.instance
        # With a second interface none comes; a stopped instance gets one when it starts.
        if instance and instance.state == "running" and len(instance.nics) == 1 and not interface.public_ip:
            interface.check_auto_public_ip()
