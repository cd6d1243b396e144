"""What goes wrong behind an AWS call that succeeded, armed at /sandbox/misfortunes.

`launch`: the instance dies after RunInstances. It is pending, then shutting-down, then terminated, and only StateReason tells why:
its Message begins with a code of the API reference (Client.InternalError when the key of an encrypted disk cannot be used,
Client.VolumeLimitExceeded, Server.InsufficientInstanceCapacity), while its Code and StateTransitionReason were seen to say just
Server.InternalError.
`volume`: the volume is in state `error` after CreateVolume; it can be neither attached nor changed, only deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from state import Sandbox

KINDS = ("launch", "volume")


@dataclass
class Misfortune:
    """Meets the next `times` launches or volumes."""

    kind: Literal["launch", "volume"]
    times: int = 1
    code: str = "Server.InternalError"
    message: str = "Client.InternalError: Client error on launch"

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
    sandbox.state(Misfortunes).armed.append(Misfortune.from_json(body))


def clear(sandbox: Sandbox) -> None:
    sandbox.state(Misfortunes).armed.clear()
