"""Who calls: the administrator, IAM users with their access keys, and the temporary keys of roles."""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from awscall import ACCOUNT_ID

if TYPE_CHECKING:
    from state import Sandbox

ADMINISTRATOR_KEY = "AKIASANDBOX0000000AA"
ADMINISTRATOR_SECRET = "sandbox-secret"
CAPITALS = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Identity:
    """One caller. `name` is an IAM user's, `role` that of the role which was assumed; the administrator has neither."""

    account: str
    arn: str
    user_id: str
    name: str = ""
    role: str = ""
    has_mfa: bool = False

    @property
    def is_administrator(self) -> bool:
        return not self.name and not self.role

    def policies(self) -> list[str]:
        """The identity-based policies as JSON texts; the administrator needs none."""
        backend = iam_backends[self.account]["aws"]
        holders: list[Any] = []
        if self.role:
            holders = [role for role in backend.roles.values() if role.name == self.role]
        elif self.name in backend.users:
            holders = [backend.users[self.name], *backend.get_groups_for_user(self.name)]
        texts: list[str] = []
        for holder in holders:
            texts += holder.policies.values()
            for policy in holder.managed_policies.values():
                texts += [version.document for version in policy.versions if version.is_default]
        return texts


@dataclass(frozen=True)
class Credentials:
    """The secret of an access key; temporary ones have a token and an end."""

    identity: Identity
    access_key: str
    secret: str
    token: str = ""
    expires: datetime | None = None


@dataclass
class Sessions:
    """The temporary credentials that STS gave out."""

    by_key: dict[str, Credentials] = field(default_factory=dict)
    # All that were given out before this moment have ended, whatever they say.
    ended: set[str] = field(default_factory=set)

    def open(self, identity: Identity, expires: datetime) -> Credentials:
        access_key = "ASIA" + "".join(secrets.choice(CAPITALS) for _ in range(16))
        opened = Credentials(
            identity, access_key, secrets.token_urlsafe(30), f"FwoGZXIvYXdzE{secrets.token_urlsafe(120)}", expires
        )
        self.by_key[access_key] = opened
        return opened

    def end_all(self) -> None:
        self.ended.update(self.by_key)


def administrator(account: str = ACCOUNT_ID) -> Identity:
    return Identity(account, f"arn:aws:iam::{account}:user/administrator", "AIDASANDBOX000000000A")


def find_credentials(sandbox: Sandbox, access_key: str) -> Credentials | None:
    """What AWS has on record about an access key."""
    if access_key == ADMINISTRATOR_KEY:
        return Credentials(administrator(), access_key, ADMINISTRATOR_SECRET)
    session = sandbox.shared(Sessions).by_key.get(access_key)
    if session:
        return session
    for account, backends in list(iam_backends.items()):
        key = backends["aws"].access_keys.get(access_key)
        if key and key.status == "Active" and key.user_name in backends["aws"].users:
            user = backends["aws"].users[key.user_name]
            identity = Identity(account, user.arn, f"AIDA{user.id[:17].upper()}", user.name)
            return Credentials(identity, access_key, key.secret_access_key)
    return None


def has_ended(sandbox: Sandbox, credentials: Credentials) -> bool:
    if credentials.expires is None:
        return False
    return credentials.access_key in sandbox.shared(Sessions).ended or sandbox.now() >= credentials.expires


def create_user(name: str, policy: Any = None, mfa: bool = False, account: str = ACCOUNT_ID) -> dict[str, Any]:
    """Makes an IAM user with one access key; `policy` is a document or a list of statements. Raises ValueError."""
    if not (account.isdigit() and len(account) == 12):
        raise ValueError("An account has 12 digits.")
    backend = iam_backends[account]["aws"]
    if name in backend.users:
        raise ValueError(f"There is a user {name} already.")
    user = backend.create_user("us-east-1", name)
    if policy:
        document = {"Version": "2012-10-17", "Statement": policy} if isinstance(policy, list) else policy
        backend.put_user_policy(name, "sandbox", json.dumps(document))
    key = backend.create_access_key(name)
    made = {
        "name": name,
        "account": account,
        "arn": user.arn,
        "accessKeyId": key.access_key_id,
        "secretAccessKey": key.secret_access_key,
    }
    if not mfa:
        return made
    serial = f"arn:aws:iam::{account}:mfa/{name}"
    user.enable_mfa_device(serial, "", "")
    return {**made, "mfaSerial": serial}
