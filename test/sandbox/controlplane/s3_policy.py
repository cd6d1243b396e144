"""Bucket policies: who may do what, evaluated as S3 does for the principals that the sandbox knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import policy as language
from awscall import ACCOUNT_ID, AwsError
from identities import Identity
from policy import listed


@dataclass(frozen=True)
class Requester:
    """Who asks: anyone, a caller with keys, or CloudFront for one distribution; and their condition keys."""

    kind: Literal["anonymous", "account", "cloudfront"]
    context: dict[str, str | list[str]] = field(default_factory=dict)
    identity: Identity | None = None


def decide(policy: str | None, requester: Requester, action: str, resource: str) -> language.Verdict:
    """What a policy says about an action; an explicit deny wins."""
    found = language.statements(policy)
    return language.decide(
        [statement for statement in found if _is_about(statement, requester)], action, resource, requester.context
    )


def is_public(policy: str | None) -> bool:
    """Whether the policy lets in everybody, as Block Public Access understands it."""
    return any(
        statement["Effect"] == "Allow" and _names_everybody(statement) and not statement.get("Condition")
        for statement in language.statements(policy)
    )


def validate(text: str, bucket: str) -> None:
    """Raises MalformedPolicy for what S3 would not store."""
    try:
        statements = language.statements(text)
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError("MalformedPolicy", f"Policies must be valid JSON: {error}") from error
    for statement in statements:
        missing = {"Effect", "Principal", "Action", "Resource"} - set(statement)
        if missing and not any(f"Not{name}" in statement for name in missing):
            raise AwsError("MalformedPolicy", f"Missing required field {', '.join(sorted(missing))}.")
        arn = f"arn:aws:s3:::{bucket}"
        for resource in listed(statement.get("Resource", arn)):
            if resource != arn and not resource.startswith(f"{arn}/") and resource != f"{arn}*":
                raise AwsError("MalformedPolicy", "Policy has invalid resource.")
        for service in listed(_principal(statement).get("Service", [])):
            if not service.endswith(".amazonaws.com"):
                raise AwsError("MalformedPolicy", "Invalid principal in policy.")


def _principal(statement: dict[str, Any]) -> dict[str, Any]:
    principal = statement.get("Principal", {})
    return {"AWS": "*"} if principal == "*" else principal


def _names_everybody(statement: dict[str, Any]) -> bool:
    return "*" in listed(_principal(statement).get("AWS", []))


def _is_about(statement: dict[str, Any], requester: Requester) -> bool:
    if "NotPrincipal" in statement:
        return not _is_about({"Principal": statement["NotPrincipal"]}, requester)
    principal = _principal(statement)
    if _names_everybody(statement):
        return True
    if requester.kind == "cloudfront":
        return "cloudfront.amazonaws.com" in listed(principal.get("Service", []))
    if requester.identity is None:
        return False
    return names(requester.identity, listed(principal.get("AWS", [])), statement["Effect"] == "Deny")


def names(identity: Identity, principals: list[str], with_account: bool) -> bool:
    """Whether principals name a caller; an account among them means all of its callers only where something is denied.

    Where something is allowed, it leaves the decision to the policies of its own callers.
    """
    whole = {identity.account, f"arn:aws:iam::{identity.account}:root"} if with_account else set()
    own = {identity.arn}
    if identity.role:
        own |= {f"arn:aws:iam::{identity.account}:role/{identity.role}"}
    return any(name in own | whole for name in principals)


def cloudfront_context(source_arn: str) -> dict[str, str | list[str]]:
    """The condition keys of a request that CloudFront signed for a distribution."""
    return {"aws:sourcearn": source_arn, "aws:sourceaccount": ACCOUNT_ID}
