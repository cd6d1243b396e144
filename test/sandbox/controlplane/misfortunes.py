"""What goes wrong behind an AWS call that succeeded, armed at /sandbox/misfortunes.

`launch`: the instance dies after RunInstances. It is pending, then shutting-down, then terminated, and only StateReason tells why:
its Message begins with a code of the API reference (Client.InternalError when the key of an encrypted disk cannot be used,
Client.VolumeLimitExceeded, Server.InsufficientInstanceCapacity), while its Code and StateTransitionReason were seen to say just
Server.InternalError.
`volume`: the volume is in state `error` after CreateVolume; it can be neither attached nor changed, only deleted.
`snapshot`: the snapshot is in state `error` after CreateSnapshot.
`agent`: the SSM agent of the instance never registers, as without a way out to SSM; with `instanceId` the agent of that instance dies
now and comes back with the next boot.
`command`: the agent never takes the command, whose delivery time is over at once: status TimedOut, details DeliveryTimedOut.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from ec2_state import life_of
from state import Sandbox

KINDS = ("launch", "volume", "snapshot", "agent", "command")


@dataclass
class Misfortune:
    """Meets the next `times` launches, volumes, snapshots or commands."""

    kind: Literal["launch", "volume", "snapshot", "agent", "command"]
    times: int = 1
    code: str = "Server.InternalError"
    message: str = "Client.InternalError: Client error on launch"
    instanceId: str | None = None

    @staticmethod
    def from_json(body: dict[str, Any]) -> Misfortune:
        """Raises ValueError when the body is not a misfortune."""
        known = {item.name for item in fields(Misfortune)}
        if set(body) - known or body.get("kind") not in KINDS:
            raise ValueError(f"A misfortune has a kind ({', '.join(KINDS)}) and optionally {sorted(known - {'kind'})}.")
        return Misfortune(**body)


@dataclass
class Misfortunes:
    """The armed misfortunes; a reset forgets them."""

    armed: list[Misfortune] = field(default_factory=list)

    def meet(self, kind: str) -> Misfortune | None:
        """The misfortune that meets a new thing of this kind, used up by it."""
        met = next((item for item in self.armed if item.kind == kind), None)
        if met:
            met.times -= 1
            if met.times == 0:
                self.armed.remove(met)
        return met


def arm(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Raises ValueError for what is no misfortune, or for the agent of an instance that is not there."""
    misfortune = Misfortune.from_json(body)
    if misfortune.instanceId is None:
        sandbox.state(Misfortunes).armed.append(misfortune)
        return
    life = life_of(sandbox, misfortune.instanceId)
    if misfortune.kind != "agent" or life is None:
        raise ValueError(f"There is no agent {misfortune.instanceId}.")
    life.agent_died = True


def clear(sandbox: Sandbox) -> None:
    sandbox.state(Misfortunes).armed.clear()
