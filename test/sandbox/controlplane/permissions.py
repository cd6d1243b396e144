"""What a caller may do: identity-based policies, and the denials of an organisation that are armed here."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field, fields
from typing import Any

from moto.core.utils import get_service_model

import needs
import policy
from awscall import AwsError, Call
from identities import Identity
from needs import Need
from state import Sandbox

# STS answers these to everybody who has keys; AssumeRole asks the role as well and decides for itself.
ALWAYS_ALLOWED = {"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRole"}
NO_ALLOW = "because no identity-based policy allows the {action} action"
OWN_DENY = "with an explicit deny in an identity-based policy"
BUCKET_DENY = "with an explicit deny in a resource-based policy"
ORGANISATION_DENY = "with an explicit deny in a service control policy"


@dataclass(frozen=True)
class Denial:
    """One action (wildcards allowed) that an organisation denies, to everybody or to the user or role of a name."""

    action: str
    user: str = ""
    resource: str = "*"

    @staticmethod
    def from_json(body: dict[str, Any]) -> Denial:
        """Raises ValueError when the body is not a denial; the user is called `for` there."""
        given = {"user" if name == "for" else name: value for name, value in body.items()}
        if "action" not in given or set(given) - {item.name for item in fields(Denial)}:
            raise ValueError(f"A denial has action and optionally for and resource; got {sorted(body)}.")
        return Denial(**given)

    def concerns(self, identity: Identity, need: Need) -> bool:
        return (
            policy.matches(self.action.lower(), need.action.lower())
            and policy.matches(self.resource, need.resource)
            and (not self.user or self.user in (identity.arn, identity.arn.rpartition("/")[2], identity.role))
        )


@dataclass
class Denials:
    armed: list[Denial] = field(default_factory=list)


def check(call: Call) -> None:
    """Raises what the service answers to a caller who may not do this. S3 also asks the bucket's policy, in s3.py."""
    if call.identity is None:
        return
    for need in needs.of(call):
        if need.action != "sts:GetCallerIdentity":
            _check_organisation(call, call.identity, need)
        if call.service == "s3" or need.action in ALWAYS_ALLOWED:
            continue
        verdict = identity_verdict(call, need)
        if verdict != "allow":
            raise denied(call, need, OWN_DENY if verdict == "deny" else NO_ALLOW)


def _check_organisation(call: Call, identity: Identity, need: Need) -> None:
    if any(denial.concerns(identity, need) for denial in call.sandbox.shared(Denials).armed):
        raise denied(call, need, ORGANISATION_DENY)


def identity_verdict(call: Call, need: Need) -> policy.Verdict:
    """What the caller's own policies say; the administrator may do everything."""
    identity = call.identity
    if identity is None:
        return "none"
    if identity.is_administrator:
        return "allow"
    context = {**caller_context(call), **need.context}
    found = [statement for text in identity.policies() for statement in policy.statements(text)]
    return policy.decide(found, need.action, need.resource, context)


def caller_context(call: Call) -> dict[str, str | list[str]]:
    """The condition keys that every request of a caller carries."""
    identity = call.identity
    context: dict[str, str | list[str]] = {
        "aws:securetransport": str(call.is_encrypted).lower(),
        "aws:sourceip": "203.0.113.10",
        "aws:requestedregion": call.region,
        "aws:currenttime": call.sandbox.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if identity is None:
        return context
    context |= {
        "aws:principalarn": identity.arn,
        "aws:principalaccount": identity.account,
        "aws:userid": identity.user_id,
    }
    if identity.name and not identity.role:
        context["aws:username"] = identity.name
    # Long-term keys do not have this key at all.
    if identity.role or identity.has_mfa:
        context["aws:multifactorauthpresent"] = str(identity.has_mfa).lower()
    return context


def denied(call: Call, need: Need, reason: str) -> AwsError:
    """The refusal in the words of the service."""
    arn = call.identity.arn if call.identity else "anonymous"
    resource = f'"{need.resource}"' if call.service == "s3" else need.resource
    why = reason.format(action=need.action)
    sentence = f"User: {arn} is not authorized to perform: {need.action} on resource: {resource} {why}"
    if call.service == "ec2":
        encoded = base64.urlsafe_b64encode(secrets.token_bytes(450)).decode()
        return AwsError(
            "UnauthorizedOperation",
            f"You are not authorized to perform this operation. {sentence}. Encoded authorization failure message:"
            f" {encoded}",
            403,
        )
    if "json" in get_service_model(call.service).protocol:
        return AwsError("AccessDeniedException", sentence, 400)
    return AwsError("AccessDenied", sentence, 403)


def arm_denial(sandbox: Sandbox, body: dict[str, Any]) -> None:
    sandbox.shared(Denials).armed.append(Denial.from_json(body))


def clear_denials(sandbox: Sandbox) -> None:
    sandbox.shared(Denials).armed.clear()
