"""What one sandbox remembers: settings, calls, faults, and one state object per service module."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from awscall import ACCOUNT_ID
from faults import Faults

if TYPE_CHECKING:
    from machines.machine import Machines

T = TypeVar("T")


@dataclass
class Settings:
    """How long this AWS takes, in seconds; real AWS takes seconds to minutes for each."""

    deploy_seconds: float = 2.0
    registration_seconds: float = 2.0
    invalidation_seconds: float = 1.0
    profile_seconds: float = 1.0
    boot_seconds: float = 0.3
    stop_seconds: float = 0.3
    linger_seconds: float = 1.0
    modification_seconds: float = 1.0
    cooldown_seconds: float = 6 * 3600.0
    invocation_seconds: float = 0.3
    agent_sleep_seconds: float = 1800.0
    # Late by nothing unless a test says otherwise: see ec2_lag.
    ec2_lag_seconds: float = 0.0
    ec2_id_lag_seconds: float = 0.0

    def change(self, values: dict[str, Any]) -> None:
        """Takes camelCase names, as the admin endpoint gets them; raises ValueError for an unknown one."""
        known = {_camel_case(item.name): item.name for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"Unknown setting {name}; known are {', '.join(sorted(known))}.")
            setattr(self, known[name], float(value))

    def as_json(self) -> dict[str, float]:
        return {_camel_case(item.name): getattr(self, item.name) for item in fields(self)}


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@dataclass
class Sandbox:
    """Everything that the handlers of a call can reach. The gateway holds `lock` while a handler runs."""

    settings: Settings
    machines: Machines | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    faults: Faults = field(default_factory=Faults)
    calls: list[dict[str, Any]] = field(default_factory=list)
    settlers: list[Callable[[Sandbox], None]] = field(default_factory=list)
    resetters: list[Callable[[Sandbox], None]] = field(default_factory=list)
    _states: dict[type, Any] = field(default_factory=dict)
    _moto: Any = field(default_factory=lambda: DomainDispatcherApplication(create_backend_app))

    def state(self, kind: type[T]) -> T:
        """The one state object of this kind, made on first use and forgotten by `reset`."""
        if kind not in self._states:
            self._states[kind] = kind()
        return self._states[kind]

    def settle(self) -> None:
        """Lets every change whose time has come take effect; runs before each call is handled."""
        for settler in self.settlers:
            settler(self)

    def backend(self, service: str, region: str) -> Any:
        """Moto's model of a service ('aws' is the region of the global ones)."""
        backends = get_backend(service)
        assert isinstance(backends, BackendDict)
        return backends[ACCOUNT_ID][region]

    def moto(self, environ: dict[str, Any], body: bytes) -> Response:
        """Runs a request through stock moto."""
        environ = {key: value for key, value in environ.items() if key != "HTTP_TRANSFER_ENCODING"}
        environ.update(
            {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "wsgi.input_terminated": True}
        )
        return Response.from_app(self._moto, environ, buffered=True)

    def reset(self) -> None:
        """Back to an empty account; the settings stay."""
        from moto.moto_api._internal.models import moto_api_backend

        for resetter in self.resetters:
            resetter(self)
        moto_api_backend.reset()
        self._states.clear()
        self.faults.clear()
        self.calls.clear()
