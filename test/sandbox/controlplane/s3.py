"""S3 with its gates closed: Block Public Access, bucket policies, expiring presigned URLs, foreign buckets."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, PublicAccessBlock
from werkzeug.wrappers import Response

import s3_policy
from awscall import ACCOUNT_ID, AwsError, Call
from gateway import handles
from s3_policy import Requester

# Names that start so belong to somebody else's account.
FOREIGN_PREFIX = "somebody-elses-"
IAM_ACTIONS = {
    "HeadObject": "s3:GetObject",
    "GetObjectAttributes": "s3:GetObject",
    "HeadBucket": "s3:ListBucket",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "UploadPartCopy": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "DeleteObjects": "s3:DeleteObject",
}
# The gates here decide. Moto's own reading of a policy skips conditions: a Deny of plain HTTP would deny everything.
FakeBucket.get_permission = lambda bucket, action, resource: PermissionResult.NEUTRAL
ACL_OPERATIONS = ("PutObject", "PutBucketAcl", "PutObjectAcl", "CopyObject", "CreateMultipartUpload")


@handles("s3")
def handle(call: Call) -> Response:
    """Every S3 call: the gates first, then moto, then what moto leaves out."""
    _check_expiry(call)
    name = call.parameters["Bucket"]
    owner = call.request.headers.get("x-amz-expected-bucket-owner", ACCOUNT_ID)
    bucket = call.sandbox.backend("s3", "aws").buckets.get(name)
    if name.startswith(FOREIGN_PREFIX):
        if call.operation == "CreateBucket":
            raise AwsError("BucketAlreadyExists", "The requested bucket name is not available.", 409)
        raise _denied()
    if bucket is not None:
        if owner != ACCOUNT_ID:
            raise _denied()
        if call.operation == "CreateBucket":
            _check_creation(call, bucket)
        _check_region(call, bucket)
        _authorize(call, bucket)
        _check_change(call, bucket)
    elif not call.signed and call.operation != "OptionsObject" and name:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    elif not name and not call.signed:
        raise _denied()
    if not call.signed:
        # What was allowed above is the account's own business for moto.
        call.request.environ["HTTP_AUTHORIZATION"] = (
            f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/{call.region}/s3/aws4_request"
        )
    response = call.forward()
    if call.operation == "CreateBucket" and bucket is None and response.status_code == 200:
        _close(call.sandbox.backend("s3", "aws").buckets[name], call)
    return response


def _denied() -> AwsError:
    return AwsError("AccessDenied", "Access Denied", 403)


def _check_expiry(call: Call) -> None:
    arguments = call.request.args
    if "X-Amz-Signature" not in arguments:
        return
    try:
        signed_at = datetime.strptime(arguments["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        lifetime = timedelta(seconds=int(arguments["X-Amz-Expires"]))
    except (KeyError, ValueError) as error:
        message = "Query-string authentication version 4 requires X-Amz-Date and X-Amz-Expires."
        raise AwsError("AuthorizationQueryParametersError", message, 400) from error
    if lifetime > timedelta(days=7):
        raise AwsError("AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week (in seconds)", 400)
    if datetime.now(timezone.utc) > signed_at + lifetime:
        raise AwsError("AccessDenied", "Request has expired", 403)


def _check_creation(call: Call, bucket: Any) -> None:
    """Only us-east-1 takes the creation of an own bucket once more as a success."""
    constraint = re.search(rb"<LocationConstraint>([^<]+)<", call.body)
    wanted = constraint[1].decode() if constraint else "us-east-1"
    if not wanted == call.region == bucket.region_name == "us-east-1":
        raise AwsError(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            409,
        )


def _check_region(call: Call, bucket: Any) -> None:
    host = call.request.host.split(":")[0]
    if not re.search(r"s3[.-][a-z]{2}-[a-z-]+-\d\.amazonaws\.com$", host) or call.region == bucket.region_name:
        return
    raise AwsError(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint:"
        f" s3.{bucket.region_name}.amazonaws.com.",
        301,
    )


def _requester(call: Call) -> Requester:
    source_arn = call.request.headers.get("x-sandbox-cloudfront-source-arn")
    if source_arn:
        return Requester("cloudfront", source_arn)
    return Requester("account" if call.signed else "anonymous")


def _authorize(call: Call, bucket: Any) -> None:
    requester = _requester(call)
    policy = bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy
    key = call.parameters.get("Key")
    arn = f"arn:aws:s3:::{bucket.name}"
    action = IAM_ACTIONS.get(call.operation, f"s3:{call.operation}")
    verdict = s3_policy.decide(policy, requester, action, f"{arn}/{key}" if key else arn)
    if requester.kind == "account":
        # The owner may always repair a policy that locks everybody out.
        if verdict == "deny" and call.operation not in ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"):
            raise _denied()
        return
    block = bucket.public_access_block
    if requester.kind == "anonymous":
        if block and block.restrict_public_buckets and s3_policy.is_public(policy):
            raise _denied()
        if verdict == "none" and _is_public_object(call, bucket, key):
            verdict = "allow"
    if verdict != "allow":
        raise _denied()
    missing = key and key not in bucket.keys and call.operation in ("GetObject", "HeadObject")
    if missing and s3_policy.decide(policy, requester, "s3:ListBucket", arn) != "allow":
        raise _denied()


def _is_public_object(call: Call, bucket: Any, key: str) -> bool:
    ignored = bucket.public_access_block and bucket.public_access_block.ignore_public_acls
    found = bucket.keys.get(key) if key else None
    if (
        ignored
        or _acls_disabled(bucket)
        or found is None
        or not key
        or call.operation not in ("GetObject", "HeadObject")
    ):
        return False
    return bool(getattr(found, "acl", None) and found.acl.public_read)


def _acls_disabled(bucket: Any) -> bool:
    return bucket.ownership_rule == "BucketOwnerEnforced"


def _check_change(call: Call, bucket: Any) -> None:
    block = bucket.public_access_block
    if call.operation == "PutBucketPolicy":
        text = call.body.decode("utf-8", "replace")
        s3_policy.validate(text, bucket.name)
        if block and block.block_public_policy and s3_policy.is_public(text):
            raise AwsError(
                "AccessDenied",
                "User is not authorized to perform: s3:PutBucketPolicy because public policies are blocked by the"
                " BlockPublicPolicy block public access setting.",
                403,
            )
    acl = call.request.headers.get("x-amz-acl", "bucket-owner-full-control")
    if call.operation in ACL_OPERATIONS:
        granted = [name for name, _ in call.request.headers.items() if name.lower().startswith("x-amz-grant-")]
        if _acls_disabled(bucket) and (granted or acl != "bucket-owner-full-control"):
            raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
        if block and block.block_public_acls and acl.startswith("public-"):
            raise _denied()
    if call.operation == "DeleteBucket" and bucket.multiparts:
        raise AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409)


def _close(bucket: Any, call: Call) -> None:
    """New buckets block public access and have no ACLs since April 2023."""
    bucket.public_access_block = PublicAccessBlock(True, True, True, True)
    if bucket.ownership_rule is None:
        bucket.ownership_rule = call.request.headers.get("x-amz-object-ownership", "BucketOwnerEnforced")
