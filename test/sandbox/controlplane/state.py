"""What one sandbox remembers: settings, calls, faults, and one state object per service module."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from moto.backends import get_backend
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from awscall import ACCOUNT_ID
from faults import Faults

if TYPE_CHECKING:
    from awscall import Call
    from machines.machine import Machines

T = TypeVar("T")
# The account that this thread acts in; the sandbox's own one unless a call comes from another.
_account: ContextVar[str] = ContextVar("account", default=ACCOUNT_ID)


@dataclass
class Settings:
    """How long this AWS takes, in seconds (real AWS takes seconds to minutes for each), and what is not always true."""

    deploy_seconds: float = 2.0
    registration_seconds: float = 2.0
    invalidation_seconds: float = 1.0
    # 1: CloudFront makes no distribution yet, as for a new account that AWS has not verified.
    unverified_account: float = 0.0
    # How many vCPUs the account may run; 0: more than a test needs.
    vcpu_quota: float = 0.0
    # 1: the account has switched on all regions that one does not have from the beginning.
    opt_in_regions: float = 0.0
    # How far AWS's clock is ahead of this computer's.
    clock_skew_seconds: float = 0.0
    # 1: buckets encrypt with KMS unless a PUT says otherwise, as an account's rules can demand.
    kms_etags: float = 0.0
    # How long CloudFront's lists do not show what was made, and S3 not a new bucket.
    cloudfront_list_lag_seconds: float = 0.0
    # How long those lists show a distribution as it was before a change.
    cloudfront_change_lag_seconds: float = 0.0
    bucket_lag_seconds: float = 0.0
    profile_seconds: float = 1.0
    boot_seconds: float = 0.3
    stop_seconds: float = 0.3
    linger_seconds: float = 1.0
    # Until a snapshot is complete, and pending till then.
    snapshot_seconds: float = 0.2
    # How long an instance whose Elastic IP was taken away has no public address.
    address_seconds: float = 0.3
    modification_seconds: float = 1.0
    cooldown_seconds: float = 6 * 3600.0
    invocation_seconds: float = 0.3
    agent_sleep_seconds: float = 1800.0
    # Late by nothing unless a test says otherwise: see ec2_lag.
    ec2_lag_seconds: float = 0.0
    ec2_id_lag_seconds: float = 0.0
    # 1: filtered lists of EC2 and SSM begin with an empty page: see pages.
    empty_first_pages: float = 0.0
    # How long an agent that is gone still counts as online: minutes on AWS, which misses five pings first.
    ping_lag_seconds: float = 0.0
    # Ends the wait for an agent before the command's own delivery time does, which is at least 30; 0 leaves it alone.
    delivery_limit_seconds: float = 0.0
    # How long a sign-in by IAM Identity Center holds, eight hours for 0, and how often its client may ask whether it is done.
    sign_in_seconds: float = 0.0
    sign_in_interval_seconds: float = 1.0
    # 1: the page to sign in at is one of plain HTTP, as somebody else than AWS might name it.
    sign_in_at_http: float = 0.0
    # How long the updates that a fresh Ubuntu starts by itself keep `apt-get update` out: minutes on AWS.
    apt_lock_seconds: float = 0.0

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
    # What every call has to pass before it is handled.
    checks: list[Callable[[Call], None]] = field(default_factory=list)
    _states: dict[tuple[str, type], Any] = field(default_factory=dict)
    _moto: Any = field(default_factory=lambda: DomainDispatcherApplication(create_backend_app))

    @property
    def account(self) -> str:
        return _account.get()

    @contextmanager
    def acting_in(self, account: str) -> Iterator[None]:
        """Shows this thread the world of another account."""
        token = _account.set(account)
        try:
            yield
        finally:
            _account.reset(token)

    def state(self, kind: type[T]) -> T:
        """The account's one state object of this kind, made on first use and forgotten by `reset`."""
        return self._state(self.account, kind)

    def shared(self, kind: type[T]) -> T:
        """The one state object of this kind that all accounts share."""
        return self._state("", kind)

    def _state(self, account: str, kind: type[T]) -> T:
        if (account, kind) not in self._states:
            self._states[account, kind] = kind()
        return self._states[account, kind]

    def now(self) -> datetime:
        """What AWS's clock says."""
        return datetime.now(timezone.utc) + timedelta(seconds=self.settings.clock_skew_seconds)

    def settle(self) -> None:
        """Lets every change whose time has come take effect; runs before each call is handled."""
        self._in_each_account(self.settlers)

    def _in_each_account(self, changes: list[Callable[[Sandbox], None]]) -> None:
        for account in {ACCOUNT_ID, *(account for account, _ in self._states if account)}:
            with self.acting_in(account):
                for change in changes:
                    change(self)

    def backend(self, service: str, region: str) -> Any:
        """Moto's model of a service ('aws' is the region of the global ones)."""
        backends = get_backend(service)
        assert isinstance(backends, BackendDict)
        return backends[self.account][region]

    def moto(self, environ: dict[str, Any], body: bytes) -> Response:
        """Runs a request through stock moto."""
        environ = {key: value for key, value in environ.items() if key != "HTTP_TRANSFER_ENCODING"}
        environ.update(
            {
                "wsgi.input": io.BytesIO(body),
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input_terminated": True,
                "HTTP_X_MOTO_ACCOUNT_ID": self.account,
            }
        )
        return Response.from_app(self._moto, environ, buffered=True)

    def reset(self) -> None:
        """Back to an empty account; the settings stay."""
        from moto.moto_api._internal.models import moto_api_backend

        self._in_each_account(self.resetters)
        moto_api_backend.reset()
        self._states.clear()
        self.faults.clear()
        self.calls.clear()
