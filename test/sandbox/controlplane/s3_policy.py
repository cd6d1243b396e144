"""Bucket policies: who may do what, evaluated as S3 does for the principals that the sandbox knows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from awscall import ACCOUNT_ID, AwsError


@dataclass(frozen=True)
class Requester:
    """Who asks: anyone, the account itself, or CloudFront for one distribution."""

    kind: Literal["anonymous", "account", "cloudfront"]
    source_arn: str = ""

    @property
    def context(self) -> dict[str, str]:
        """The condition keys that a request of theirs carries."""
        always = {"aws:securetransport": "true"}
        if self.kind == "cloudfront":
            return {**always, "aws:sourcearn": self.source_arn, "aws:sourceaccount": ACCOUNT_ID}
        return always


def decide(policy: str | None, requester: Requester, action: str, resource: str) -> Literal["allow", "deny", "none"]:
    """What a policy says about an action; an explicit deny wins."""
    verdicts = {
        statement["Effect"]
        for statement in _statements(policy)
        if _is_about(statement, requester) and _covers(statement, action, resource) and _holds(statement, requester)
    }
    return "deny" if "Deny" in verdicts else "allow" if "Allow" in verdicts else "none"


def is_public(policy: str | None) -> bool:
    """Whether the policy lets in everybody, as Block Public Access understands it."""
    return any(
        statement["Effect"] == "Allow" and _names_everybody(statement) and not statement.get("Condition")
        for statement in _statements(policy)
    )


def validate(text: str, bucket: str) -> None:
    """Raises MalformedPolicy for what S3 would not store."""
    try:
        statements = _statements(text)
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError("MalformedPolicy", f"Policies must be valid JSON: {error}") from error
    for statement in statements:
        missing = {"Effect", "Principal", "Action", "Resource"} - set(statement)
        if missing and not any(f"Not{name}" in statement for name in missing):
            raise AwsError("MalformedPolicy", f"Missing required field {', '.join(sorted(missing))}.")
        arn = f"arn:aws:s3:::{bucket}"
        for resource in _listed(statement.get("Resource", arn)):
            if resource != arn and not resource.startswith(f"{arn}/") and resource != f"{arn}*":
                raise AwsError("MalformedPolicy", "Policy has invalid resource.")
        for service in _listed(_principal(statement).get("Service", [])):
            if not service.endswith(".amazonaws.com"):
                raise AwsError("MalformedPolicy", "Invalid principal in policy.")


def _statements(policy: str | None) -> list[dict[str, Any]]:
    if not policy:
        return []
    statements = json.loads(policy)["Statement"]
    return [statements] if isinstance(statements, dict) else statements


def _principal(statement: dict[str, Any]) -> dict[str, Any]:
    principal = statement.get("Principal", {})
    return {"AWS": "*"} if principal == "*" else principal


def _names_everybody(statement: dict[str, Any]) -> bool:
    return "*" in _listed(_principal(statement).get("AWS", []))


def _is_about(statement: dict[str, Any], requester: Requester) -> bool:
    principal = _principal(statement)
    if _names_everybody(statement):
        return True
    if requester.kind == "cloudfront":
        return "cloudfront.amazonaws.com" in _listed(principal.get("Service", []))
    if requester.kind == "account":
        return any(name == ACCOUNT_ID or f"::{ACCOUNT_ID}:" in name for name in _listed(principal.get("AWS", [])))
    return False


def _covers(statement: dict[str, Any], action: str, resource: str) -> bool:
    actions = [name.lower() for name in _listed(statement.get("Action", []))]
    resources = _listed(statement.get("Resource", []))
    return any(fnmatchcase(action.lower(), name) for name in actions) and any(
        re.fullmatch(_wildcards(pattern), resource, re.DOTALL) for pattern in resources
    )


def _wildcards(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")


def _holds(statement: dict[str, Any], requester: Requester) -> bool:
    for operator, tests in statement.get("Condition", {}).items():
        for key, wanted in tests.items():
            actual = requester.context.get(key.lower())
            if not _compare(operator, actual, [str(value) for value in _listed(wanted)]):
                return False
    return True


def _compare(operator: str, actual: str | None, wanted: list[str]) -> bool:
    name = operator.removesuffix("IfExists")
    if actual is None:
        return operator.endswith("IfExists") or name.startswith(("StringNot", "ArnNot"))
    match name:
        case "StringEquals":
            return actual in wanted
        case "StringNotEquals":
            return actual not in wanted
        case "StringLike" | "ArnLike" | "ArnEquals":
            return any(re.fullmatch(_wildcards(pattern), actual) for pattern in wanted)
        case "Bool":
            return actual.lower() in [value.lower() for value in wanted]
    raise AwsError("NotImplementedInSandbox", f"The sandbox does not know the condition {operator}.", 501)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
