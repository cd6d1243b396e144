"""SimulatePrincipalPolicy: what the policies of a user or role say of actions on resources, as IAM simulates it.

It sees identity-based policies and those of the organisation, and of the conditions only the keys that it is given.
"""

from __future__ import annotations

import re
from typing import Any

import policy
from awscall import AwsError, Call
from gateway import handles
from identities import Identity, administrator
from needs import Need
from permissions import Denials

DECISIONS = {"allow": "allowed", "deny": "explicitDeny", "none": "implicitDeny"}
MOST_RESULTS = 100


@handles("iam", "SimulatePrincipalPolicy")
def simulate(call: Call) -> dict[str, Any]:
    parameters = call.parameters
    identity = _principal(call, parameters["PolicySourceArn"])
    context = {
        entry["ContextKeyName"].lower(): _values(entry)
        for entry in parameters.get("ContextEntries") or []
        if entry.get("ContextKeyName")
    }
    resources = parameters.get("ResourceArns") or ["*"]
    results = [
        _result(call, identity, Need(action, resource), context)
        for action in parameters["ActionNames"]
        for resource in resources
    ]
    size, start = parameters.get("MaxItems") or MOST_RESULTS, int(parameters.get("Marker") or 0)
    answer: dict[str, Any] = {"EvaluationResults": results[start : start + size]}
    is_truncated = start + size < len(results)
    return {**answer, "IsTruncated": is_truncated, **({"Marker": str(start + size)} if is_truncated else {})}


def _values(entry: dict[str, Any]) -> str | list[str]:
    values = entry.get("ContextKeyValues") or []
    return values if entry.get("ContextKeyType", "").endswith("List") else "".join(values[:1])


def _principal(call: Call, arn: str) -> Identity:
    """The user or role of an ARN; a session of a role, and the root user, have none that IAM takes."""
    match = re.fullmatch(rf"arn:aws:iam::{call.sandbox.account}:(user|role)/(?:.*/)?([^/]+)", arn)
    if match is None:
        raise AwsError("InvalidInput", f"{arn} must be the ARN of a user, group, or role of this account.", 400)
    if arn == administrator(call.sandbox.account).arn:
        return administrator(call.sandbox.account)
    backend = call.sandbox.backend("iam", "aws")
    known = backend.users if match[1] == "user" else {role.name: role for role in backend.roles.values()}
    if match[2] not in known or known[match[2]].arn != arn:
        raise AwsError("NoSuchEntity", f"The {match[1]} with ARN {arn} cannot be found.", 404)
    name, role = (match[2], "") if match[1] == "user" else ("", match[2])
    return Identity(call.sandbox.account, arn, "", name, role)


def _result(call: Call, identity: Identity, need: Need, context: dict[str, Any]) -> dict[str, Any]:
    found = [statement for text in identity.policies() for statement in policy.statements(text)]
    verdict: policy.Verdict = "allow"
    if not identity.is_administrator:
        verdict = policy.decide(found, need.action, need.resource, context)
    is_forbidden = any(one.concerns(identity, need) for one in call.sandbox.shared(Denials).armed)
    keys = {key for one in found for tests in (one.get("Condition") or {}).values() for key in tests}
    return {
        "EvalActionName": need.action,
        "EvalResourceName": need.resource,
        "EvalDecision": "explicitDeny" if is_forbidden else DECISIONS[verdict],
        "MatchedStatements": [],
        "MissingContextValues": sorted(key for key in keys if key.lower() not in context),
        **({"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}} if is_forbidden else {}),
    }
