"""How each family of services words what is wrong with a signature."""

from __future__ import annotations

from moto.core.utils import get_service_model
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

from awscall import AwsError, Call

_INVALID_TOKEN = "The security token included in the request is invalid."
_EXPIRED_TOKEN = "The security token included in the request is expired"
_NOT_VALIDATED = "AWS was not able to validate the provided access credentials"
_WRONG = "The request signature we calculated does not match the signature you provided. Check your"
_WRONG_LONG = f"{_WRONG} AWS Secret Access Key and signing method. Consult the service documentation for details."
# Code, HTTP status and message of each kind of refusal.
REFUSALS: dict[str, dict[str, tuple[str, int, str]]] = {
    "s3": {
        "key": ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
        "token": ("InvalidToken", 400, "The provided token is malformed or otherwise invalid."),
        "ended": ("ExpiredToken", 400, "The provided token has expired."),
        "signature": ("SignatureDoesNotMatch", 403, f"{_WRONG} key and signing method."),
        "malformed": ("AuthorizationHeaderMalformed", 400, "The authorization header that you provided is not valid."),
        "missing": ("AccessDenied", 403, "Access Denied"),
    },
    "ec2": {
        "key": ("AuthFailure", 401, _NOT_VALIDATED),
        "token": ("AuthFailure", 401, _NOT_VALIDATED),
        "ended": ("RequestExpired", 400, "Request has expired."),
        "signature": ("AuthFailure", 401, _NOT_VALIDATED),
        "time": ("RequestExpired", 400, "Request has expired."),
        "malformed": ("AuthFailure", 401, _NOT_VALIDATED),
        "missing": ("MissingParameter", 400, "The request must contain the parameter AWSAccessKeyId"),
    },
    "json": {
        "key": ("UnrecognizedClientException", 400, _INVALID_TOKEN),
        "token": ("UnrecognizedClientException", 400, _INVALID_TOKEN),
        "ended": ("ExpiredTokenException", 400, _EXPIRED_TOKEN),
        "signature": ("InvalidSignatureException", 400, _WRONG_LONG),
        "time": ("InvalidSignatureException", 400, ""),
        "malformed": ("IncompleteSignatureException", 400, "The request signature does not conform to AWS standards."),
        "missing": ("MissingAuthenticationTokenException", 400, "Missing Authentication Token"),
    },
    "query": {
        "key": ("InvalidClientTokenId", 403, _INVALID_TOKEN),
        "token": ("InvalidClientTokenId", 403, _INVALID_TOKEN),
        "ended": ("ExpiredToken", 403, _EXPIRED_TOKEN),
        "signature": ("SignatureDoesNotMatch", 403, _WRONG_LONG),
        "time": ("SignatureDoesNotMatch", 403, ""),
        "malformed": ("IncompleteSignature", 403, "The request signature does not conform to AWS standards."),
        "missing": ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
    },
}


# AWS Account Management, "Enable or disable AWS Regions in your account": all others must be switched on.
ALWAYS_ON = frozenset(
    "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1"
    " eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2".split()
)
_CLOSED_AT_FIRST = frozenset(region.name for region in RegionsAndZonesBackend.regions) - ALWAYS_ON


def is_closed(call: Call, region: str) -> bool:
    """True for a region that the account has not switched on: there nobody's keys are known."""
    return region in _CLOSED_AT_FIRST and not call.sandbox.settings.opt_in_regions


def _family(call: Call) -> str:
    if call.service in ("s3", "ec2"):
        return call.service
    return "json" if "json" in get_service_model(call.service).protocol else "query"


def refusal(call: Call, kind: str, message: str = "") -> AwsError:
    """The answer to a signature of which something is wrong, with a message of its own where there is one."""
    code, status, usual = REFUSALS[_family(call)][kind]
    return AwsError(code, message or usual, status)
