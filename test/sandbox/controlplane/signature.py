"""Signature version 4, checked with botocore's own signers: who signed a request, and whether it counts (still)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from botocore.auth import UNSIGNED_PAYLOAD, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials as SigningKeys
from werkzeug.wrappers import Request

from awscall import AwsError, Call
from identities import Identity, find_credentials, has_ended
from signature_refusals import is_closed, refusal

BASIC_TIME = "%Y%m%dT%H%M%SZ"
MOST_SKEW = timedelta(minutes=15)
UNSIGNED_OPERATIONS = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
# IAM Identity Center gives credentials to who has none; its tokens are checked by its handlers.
UNSIGNED_SERVICES = ("sso-oidc", "sso")


@dataclass(frozen=True)
class Presented:
    """What a request says of its own signature; only a presigned URL has a lifetime."""

    access_key: str
    scope: tuple[str, str, str]
    signed_headers: tuple[str, ...]
    signature: str
    signed_at: datetime
    token: str
    lifetime: timedelta | None = None


class _Presented:
    """Canonicalises the headers that the request says it signed, instead of choosing them."""

    def headers_to_sign(self, request: Any) -> HTTPHeaders:
        chosen = HTTPHeaders()
        for name in request.context["signed_headers"]:
            chosen[name] = request.headers.get(name, "")
        return chosen


class _Signer(_Presented, SigV4Auth):
    pass


class _S3Signer(_Presented, S3SigV4Auth):
    pass


def authenticate(call: Call) -> Identity | None:
    """Whoever signed the call, or None for an anonymous request to S3; raises AwsError as the service does."""
    presented = _presented(call)
    if presented is None:
        if call.service in ("s3", *UNSIGNED_SERVICES) or call.operation in UNSIGNED_OPERATIONS:
            return None
        raise refusal(call, "missing")
    credentials = find_credentials(call.sandbox, presented.access_key)
    if credentials is None or is_closed(call, call.region):
        raise refusal(call, "key")
    if presented.token != credentials.token:
        raise refusal(call, "token" if presented.token else "key")
    _check_time(call, presented)
    _check_scope(call, presented)
    if has_ended(call.sandbox, credentials):
        raise refusal(call, "ended")
    keys = SigningKeys(presented.access_key, credentials.secret)
    if not hmac.compare_digest(_signature(call, presented, keys), presented.signature):
        raise refusal(call, "signature")
    if call.service == "s3":
        _check_s3_headers(call, presented)
    return credentials.identity


def _presented(call: Call) -> Presented | None:
    request = call.request
    header = request.headers.get("Authorization", "")
    try:
        if header.startswith("AWS4-HMAC-SHA256"):
            return _from_header(request, header)
        if "X-Amz-Signature" in request.args:
            return _from_query(request)
    except (KeyError, ValueError) as error:
        if "X-Amz-Signature" in request.args:
            message = (
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature,"
                " X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
            )
            raise AwsError("AuthorizationQueryParametersError", message, 400) from error
        raise refusal(call, "malformed") from error
    if header or "Signature" in request.args:
        message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        raise AwsError("InvalidRequest", message, 400)
    return None


def _from_header(request: Request, header: str) -> Presented:
    parts = dict(part.strip().split("=", 1) for part in header.removeprefix("AWS4-HMAC-SHA256").split(","))
    access_key, *scope = parts["Credential"].split("/")
    basic = request.headers.get("X-Amz-Date")
    signed_at = _time(basic) if basic else parsedate_to_datetime(request.headers["Date"])
    return Presented(
        access_key,
        _scope(scope, signed_at),
        tuple(parts["SignedHeaders"].split(";")),
        parts["Signature"],
        signed_at,
        request.headers.get("X-Amz-Security-Token", ""),
    )


def _from_query(request: Request) -> Presented:
    access_key, *scope = request.args["X-Amz-Credential"].split("/")
    signed_at = _time(request.args["X-Amz-Date"])
    return Presented(
        access_key,
        _scope(scope, signed_at),
        tuple(request.args["X-Amz-SignedHeaders"].split(";")),
        request.args["X-Amz-Signature"],
        signed_at,
        request.args.get("X-Amz-Security-Token", ""),
        timedelta(seconds=int(request.args["X-Amz-Expires"])),
    )


def _scope(scope: list[str], signed_at: datetime) -> tuple[str, str, str]:
    date, region, service, end = scope
    if end != "aws4_request" or date != signed_at.strftime("%Y%m%d"):
        raise ValueError("The scope is to end with aws4_request and to have the date of the signature.")
    return date, region, service


def _time(text: str) -> datetime:
    return datetime.strptime(text, BASIC_TIME).replace(tzinfo=timezone.utc)


def _check_time(call: Call, presented: Presented) -> None:
    now, signed_at = call.sandbox.now(), presented.signed_at
    if presented.lifetime is not None:
        if presented.lifetime > timedelta(days=7):
            message = (
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less"
                " than 604800 seconds"
            )
            raise AwsError("AuthorizationQueryParametersError", message, 400)
        if signed_at > now + MOST_SKEW:
            raise AwsError("AccessDenied", "Request is not yet valid", 403, {"ServerTime": _iso(now)})
        if now > signed_at + presented.lifetime:
            details = {
                "X-Amz-Expires": str(int(presented.lifetime.total_seconds())),
                "Expires": _iso(signed_at + presented.lifetime),
                "ServerTime": _iso(now),
            }
            raise AwsError("AccessDenied", "Request has expired", 403, details)
    elif abs(now - signed_at) > MOST_SKEW:
        if call.service == "s3":
            raise AwsError(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                403,
                {
                    "RequestTime": signed_at.strftime(BASIC_TIME),
                    "ServerTime": _iso(now),
                    "MaxAllowedSkewMilliseconds": "900000",
                },
            )
        raise refusal(call, "time", "" if call.service == "ec2" else _time_sentence(signed_at, now))


def _time_sentence(signed_at: datetime, now: datetime) -> str:
    given, here = signed_at.strftime(BASIC_TIME), now.strftime(BASIC_TIME)
    if signed_at < now:
        limit = (now - MOST_SKEW).strftime(BASIC_TIME)
        return f"Signature expired: {given} is now earlier than {limit} ({here} - 15 min.)"
    limit = (now + MOST_SKEW).strftime(BASIC_TIME)
    return f"Signature not yet current: {given} is still later than {limit} ({here} + 15 min.)"


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_scope(call: Call, presented: Presented) -> None:
    """A host name that tells a region takes signatures for that region only, and S3 those for S3 only."""
    _, region, service = presented.scope
    if call.service == "s3" and service != "s3":
        raise refusal(call, "malformed", f'The authorization header is malformed; incorrect service "{service}".')
    if region == call.region:
        return
    if call.service == "s3":
        message = f"The authorization header is malformed; the region '{region}' is wrong; expecting '{call.region}'"
        raise AwsError("AuthorizationHeaderMalformed", message, 400, {"Region": call.region})
    message = f"Credential should be scoped to a valid region, not '{region}'."
    raise refusal(call, "signature", "" if call.service == "ec2" else message)


def _signature(call: Call, presented: Presented, keys: SigningKeys) -> str:
    """The signature that this request should have."""
    _, region, service = presented.scope
    signer = (_S3Signer if call.service == "s3" else _Signer)(keys, service, region)
    path, _, query = (call.request.environ.get("RAW_URI") or call.request.full_path).partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair and not pair.startswith("X-Amz-Signature=")]
    # S3 encodes what it decoded; the other services take the path as it came (and the signer encodes it once more).
    canonical_path = _encoded(path, "/") if call.service == "s3" else path
    canonical_query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, _, value in pairs)
    host = call.request.headers.get("Host", "")
    signed = AWSRequest(call.request.method, f"https://{host}{canonical_path}?{canonical_query}")
    for name, value in call.request.headers.items():
        if name.lower() != "x-amz-content-sha256":
            signed.headers[name] = value.encode("latin-1").decode("utf-8", "replace")
    signed.headers["X-Amz-Content-SHA256"] = _payload_hash(call, presented)
    signed.context.update(timestamp=presented.signed_at.strftime(BASIC_TIME), signed_headers=presented.signed_headers)
    return signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed)


def _encoded(text: str, safe: str = "") -> str:
    return quote(unquote_to_bytes(text), safe=f"{safe}-_.~")


def _payload_hash(call: Call, presented: Presented) -> str:
    given = call.request.headers.get("X-Amz-Content-SHA256")
    if call.service == "s3":
        if presented.lifetime is not None:
            return given or call.request.args.get("X-Amz-Content-Sha256") or UNSIGNED_PAYLOAD
        if not given:
            raise AwsError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400)
        return given
    return sha256(call.body).hexdigest()


def _check_s3_headers(call: Call, presented: Presented) -> None:
    headers = call.request.headers
    unsigned = [name.lower() for name, _ in headers.items() if name.lower().startswith("x-amz-")]
    unsigned = sorted(set(unsigned) - set(presented.signed_headers) - {"x-amz-content-sha256"})
    if unsigned or "host" not in presented.signed_headers:
        message = "There were headers present in the request which were not signed"
        raise AwsError("AccessDenied", message, 403, {"HeadersNotSigned": ", ".join(unsigned or ["host"])})
    given = headers.get("X-Amz-Content-SHA256", "")
    if re.fullmatch(r"[0-9a-f]{64}", given) and given != sha256(call.body).hexdigest():
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise AwsError("XAmzContentSHA256Mismatch", message, 400)
