"""STS: who the caller is, and roles that are assumed under their trust policy, with MFA where it demands that."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.iam.models import iam_backends

import permissions
import policy
import s3_policy
from awscall import AwsError, Call
from gateway import handles
from identities import Credentials, Identity, Sessions
from needs import Need
from policy import listed

# The one code that every MFA device of the sandbox shows.
MFA_CODE = "123456"


@handles("sts", "GetCallerIdentity")
def get_caller_identity(call: Call) -> dict[str, Any]:
    identity = _caller(call)
    return {"UserId": identity.user_id, "Account": identity.account, "Arn": identity.arn}


@handles("sts", "AssumeRole")
def assume_role(call: Call) -> dict[str, Any]:
    identity, parameters = _caller(call), call.parameters
    arn, session_name = parameters["RoleArn"], parameters["RoleSessionName"]
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", session_name):
        message = (
            f"1 validation error detected: Value '{session_name}' at 'roleSessionName' failed to satisfy constraint:"
            r" Member must satisfy regular expression pattern: [\w+=,.@-]*"
        )
        raise AwsError("ValidationError", message, 400)
    has_mfa = _has_mfa(call, identity)
    role = _role(arn)
    if role is None or not _may_assume(call, identity, role, has_mfa):
        sentence = f"User: {identity.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise AwsError("AccessDenied", sentence, 403)
    seconds = int(parameters.get("DurationSeconds") or 3600)
    if not 900 <= seconds <= int(role.max_session_duration or 3600):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", message, 400)
    account = arn.split(":")[4]
    session_arn = f"arn:aws:sts::{account}:assumed-role/{role.name}/{session_name}"
    assumed = Identity(account, session_arn, f"{role.id}:{session_name}", session_name, role.name, has_mfa)
    opened = _open(call, assumed, seconds)
    return {
        "Credentials": _described(opened),
        "AssumedRoleUser": {"AssumedRoleId": assumed.user_id, "Arn": session_arn},
    }


@handles("sts", "GetSessionToken")
def get_session_token(call: Call) -> dict[str, Any]:
    identity = _caller(call)
    if identity.role:
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    own = Identity(
        identity.account, identity.arn, identity.user_id, identity.name, has_mfa=_has_mfa(call, identity)
    )
    return {"Credentials": _described(_open(call, own, int(call.parameters.get("DurationSeconds") or 43200)))}


def _caller(call: Call) -> Identity:
    if call.identity is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    return call.identity


def _open(call: Call, identity: Identity, seconds: int) -> Credentials:
    return call.sandbox.shared(Sessions).open(identity, call.sandbox.now() + timedelta(seconds=seconds))


def _described(credentials: Credentials) -> dict[str, Any]:
    expires = credentials.expires or datetime.now(timezone.utc)
    return {
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret,
        "SessionToken": credentials.token,
        "Expiration": expires.replace(tzinfo=None),
    }


def _role(arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) < 6 or not parts[5].startswith("role/"):
        message = f"{arn} is invalid"
        raise AwsError("ValidationError", message, 400)
    roles = iam_backends[parts[4]]["aws"].roles.values() if parts[4].isdigit() else []
    return next((role for role in roles if role.arn == arn), None)


def _has_mfa(call: Call, identity: Identity) -> bool:
    """Checks the MFA code of the request; without one, what counts is how the caller's own keys came about."""
    serial, code = call.parameters.get("SerialNumber"), call.parameters.get("TokenCode")
    if serial is None and code is None:
        return identity.has_mfa
    backend = iam_backends[identity.account]["aws"]
    devices = backend.users[identity.name].mfa_devices if identity.name in backend.users else {}
    if identity.is_administrator:
        devices = {f"arn:aws:iam::{identity.account}:mfa/administrator": None}
    if serial not in devices:
        message = (
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is"
            " valid and associated with this user."
        )
        raise AwsError("AccessDenied", message, 403)
    if code != MFA_CODE:
        message = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
        raise AwsError("AccessDenied", message, 403)
    return True


def _may_assume(call: Call, identity: Identity, role: Any, has_mfa: bool) -> bool:
    """The role's trust decides; where it trusts a whole account, the caller's own policies have to allow it as well."""
    context = {**permissions.caller_context(call), "aws:multifactorauthpresent": str(has_mfa).lower()}
    if has_mfa:
        context["aws:multifactorauthage"] = "0"
    if call.parameters.get("ExternalId"):
        context["sts:externalid"] = call.parameters["ExternalId"]
    need = Need("sts:AssumeRole", role.arn)
    own = permissions.identity_verdict(call, need)
    trusts = []
    for statement in policy.statements(role.assume_role_policy_document):
        principal = statement.get("Principal", {})
        principals = ["*"] if principal == "*" else listed(principal.get("AWS", []))
        is_named = "*" in principals or s3_policy.names(identity, principals, with_account=False)
        if is_named or s3_policy.names(identity, principals, with_account=True):
            verdict = policy.decide([{**statement, "Resource": "*"}], need.action, need.resource, context)
            trusts.append((verdict, is_named))
    if own == "deny" or any(verdict == "deny" for verdict, _ in trusts):
        return False
    is_same_account = f"::{identity.account}:" in role.arn
    return any(
        verdict == "allow" and (own == "allow" or (is_named and is_same_account)) for verdict, is_named in trusts
    )
