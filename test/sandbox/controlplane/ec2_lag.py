"""What EC2 shows late: Describe calls answer for a while as if the newest changes had not happened.

EC2's API is eventually consistent (AWS: "Eventual consistency in the Amazon EC2 API"): right after RunInstances, CreateVolume,
CreateSecurityGroup or AllocateAddress a listing or a filter may miss the new resource, a call that names it may answer
InvalidInstanceID.NotFound, InvalidVolume.NotFound, InvalidGroup.NotFound or InvalidAllocationID.NotFound, and a change of state or of
a group's rules may be shown late. What writes is not late: a second security group of the same name is refused at once, and a client
token gives the first answer again.

`ec2LagSeconds` is the lag of listings and filters, `ec2IdLagSeconds` that of calls that name the resource. Both count for changes
made while one of them is set; what was there before stays as it is.
"""

from __future__ import annotations

import copy
import re
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.ec2.models.instances import InstanceState
from werkzeug.wrappers import Response

from awscall import AwsError, Call
from gateway import HANDLERS, SERVICE_HANDLERS, Handler
from ec2_state import ec2

NOT_FOUND = {
    "instance": ("InvalidInstanceID.NotFound", "The instance ID '{}' does not exist"),
    "volume": ("InvalidVolume.NotFound", "The volume '{}' does not exist."),
    "group": ("InvalidGroup.NotFound", "The security group '{}' does not exist"),
    "address": ("InvalidAllocationID.NotFound", "The allocation ID '{}' does not exist"),
}
ALWAYS = float("-inf")


@dataclass
class Trail:
    """How one resource looked since when; None for a time when it was not there."""

    kind: str
    resource: Any
    looks: list[tuple[float, Any]]

    def seen(self, lag_seconds: float) -> Any:
        """How it looked that long ago."""
        return next(look for since, look in reversed(self.looks) if since <= time.monotonic() - lag_seconds)


@dataclass
class Past:
    """The trails of each region's resources; kept only while a lag is set."""

    trails: dict[str, dict[str, Trail]] = field(default_factory=dict)

    def observe(self, call: Call) -> None:
        settings = call.sandbox.settings
        if not settings.ec2_lag_seconds and not settings.ec2_id_lag_seconds:
            self.trails.clear()
            return
        now, first = time.monotonic(), call.region not in self.trails
        trails = self.trails.setdefault(call.region, {})
        present = {resource.id: (kind, resource) for kind, resource in _resources(ec2(call))}
        for name, (kind, resource) in present.items():
            trail = trails.setdefault(name, Trail(kind, resource, [] if first else [(ALWAYS, None)]))
            look = LOOKS[kind](resource)
            if not trail.looks or trail.looks[-1][1] != look:
                trail.looks.append((ALWAYS if first else now, look))
        for name in trails.keys() - present.keys():
            if trails[name].looks[-1][1] is not None:
                trails[name].looks.append((now, None))

    @contextmanager
    def shown(self, call: Call, lag_seconds: float) -> Iterator[None]:
        """Gives moto the resources as they were; the gateway's lock keeps every other call out meanwhile."""
        backend = ec2(call)
        seen = {
            name: (trail, trail.seen(lag_seconds)) for name, trail in self.trails.get(call.region, {}).items()
        }
        true_tables = backend.reservations, backend.volumes, backend.groups, backend.addresses
        true_looks = [(trail, LOOKS[trail.kind](trail.resource)) for trail, _ in seen.values()]
        there = {name: trail.resource for name, (trail, look) in seen.items() if look is not None}
        backend.reservations = OrderedDict()
        for reservation_id, reservation in true_tables[0].items():
            shown = copy.copy(reservation)
            shown.instances = [instance for instance in reservation.instances if instance.id in there]
            if shown.instances:
                backend.reservations[reservation_id] = shown
        backend.volumes = {name: item for name, item in there.items() if seen[name][0].kind == "volume"}
        backend.addresses = [item for name, item in there.items() if seen[name][0].kind == "address"]
        backend.groups = defaultdict(dict)
        for name, item in there.items():
            if seen[name][0].kind == "group":
                backend.groups[item.vpc_id][name] = item
        for trail, look in seen.values():
            if look is not None:
                TURNS[trail.kind](trail.resource, look)
        try:
            yield
        finally:
            for trail, look in true_looks:
                TURNS[trail.kind](trail.resource, look)
            backend.reservations, backend.volumes, backend.groups, backend.addresses = true_tables


def _resources(backend: Any) -> Iterator[tuple[str, Any]]:
    for reservation in backend.reservations.values():
        for instance in reservation.instances:
            yield "instance", instance
    for volume in backend.volumes.values():
        yield "volume", volume
    for groups in backend.groups.values():
        for group in groups.values():
            yield "group", group
    for address in backend.addresses:
        yield "address", address


def _instance_look(instance: Any) -> Any:
    reasons = instance._reason, instance.state_reason
    addresses = {index: interface.public_ip for index, interface in instance.nics.items()}
    return instance.state, instance.state_code, reasons, addresses, dict(instance.block_device_mapping)


def _turn_instance(instance: Any, look: Any) -> None:
    state, code, (instance._reason, instance.state_reason), addresses, disks = look
    instance._state = InstanceState(state, code)
    for index, address in addresses.items():
        if index in instance.nics:
            instance.nics[index].public_ip = address
    instance.block_device_mapping.clear()
    instance.block_device_mapping.update(disks)


def _volume_look(volume: Any) -> Any:
    attachment = volume.attachment
    return attachment, attachment.status if attachment else None, volume.size


def _turn_volume(volume: Any, look: Any) -> None:
    volume.attachment, status, volume.size = look
    if volume.attachment:
        volume.attachment.status = status


def _turn_group(group: Any, look: Any) -> None:
    group.ingress_rules = list(look)


def _address_look(address: Any) -> Any:
    return address.instance, address.eni, address.association_id


def _turn_address(address: Any, look: Any) -> None:
    address.instance, address.eni, address.association_id = look


LOOKS: dict[str, Callable[[Any], Any]] = {
    "instance": _instance_look,
    "volume": _volume_look,
    "group": lambda group: list(group.ingress_rules),
    "address": _address_look,
}
TURNS: dict[str, Callable[[Any, Any], None]] = {
    "instance": _turn_instance,
    "volume": _turn_volume,
    "group": _turn_group,
    "address": _turn_address,
}


def _names_in(value: object) -> Iterator[str]:
    """The ids of instances, volumes, groups and addresses in the parameters of a call, those in filters left out."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key != "Filters":
                yield from _names_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _names_in(item)
    elif isinstance(value, str) and re.fullmatch(r"(i|vol|sg|eipalloc)-[0-9a-f]+", value):
        yield value


def _lagging(handler: Handler) -> Handler:
    def handle(call: Call) -> object:
        past, settings = call.sandbox.state(Past), call.sandbox.settings
        past.observe(call)
        trails = past.trails.get(call.region, {})
        names = list(_names_in(call.parameters))
        for name in names:
            trail = trails.get(name)
            if trail and settings.ec2_id_lag_seconds and trail.seen(settings.ec2_id_lag_seconds) is None:
                code, message = NOT_FOUND[trail.kind]
                raise AwsError(code, message.format(name))
        if call.operation.startswith("Describe"):
            lag_seconds = settings.ec2_id_lag_seconds if names else settings.ec2_lag_seconds
            if not lag_seconds:
                return handler(call)
            with past.shown(call, lag_seconds):
                return handler(call)
        try:
            return handler(call)
        finally:
            past.observe(call)

    return handle


def _forwarded(call: Call) -> Response:
    return call.forward()


def install() -> None:
    """Puts the lag before every EC2 call, whoever answers it."""
    for (service, operation), handler in list(HANDLERS.items()):
        if service == "ec2":
            HANDLERS[service, operation] = _lagging(handler)
    SERVICE_HANDLERS["ec2"] = _lagging(_forwarded)
