"""S3 with its gates closed: Block Public Access, bucket and identity policies, foreign buckets."""

from __future__ import annotations

import re
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, PublicAccessBlock, s3_backends
from werkzeug.wrappers import Response

import needs
import permissions
import s3_deletions
import s3_listing
import s3_objects
import s3_policy
from awscall import AwsError, Call
from gateway import handles
from needs import Need
from s3_policy import Requester

# Names that start so belong to somebody else's account.
FOREIGN_PREFIX = "somebody-elses-"
# The gates here decide. Moto's own reading of a policy skips conditions: a Deny of plain HTTP would deny everything.
FakeBucket.get_permission = lambda bucket, action, resource: PermissionResult.NEUTRAL
ACL_OPERATIONS = ("PutObject", "PutBucketAcl", "PutObjectAcl", "CopyObject", "CreateMultipartUpload")


@handles("s3")
def handle(call: Call) -> Response:
    """Every S3 call: the gates first, then moto, then what moto leaves out."""
    name = call.parameters["Bucket"]
    expected_owner = call.request.headers.get("x-amz-expected-bucket-owner")
    bucket_account, bucket = _find_bucket(name)
    if name.startswith(FOREIGN_PREFIX) or (bucket is not None and _is_foreign(call, bucket_account)):
        if call.operation == "CreateBucket":
            raise AwsError("BucketAlreadyExists", "The requested bucket name is not available.", 409)
        raise _denied()
    if bucket is not None:
        if expected_owner not in (None, bucket_account):
            raise _denied()
        if call.operation == "CreateBucket":
            _check_creation(call, bucket)
        elif not call.sandbox.shared(s3_objects.BucketTimes).has_spread(call):
            raise _no_such_bucket()
        _check_region(call, bucket)
        if call.operation == "DeleteObjects" and call.identity:
            with call.sandbox.acting_in(bucket_account):
                return s3_deletions.delete_allowed(call, _refused_keys(call, bucket))
        _authorize(call, bucket)
        _check_change(call, bucket)
        s3_objects.check(call, bucket)
    else:
        _authorize(call, None)
    with call.sandbox.acting_in(bucket_account if bucket is not None else call.sandbox.account):
        response = _forward(call)
        if call.operation == "CreateBucket" and bucket is None and response.status_code == 200:
            call.sandbox.shared(s3_objects.BucketTimes).note(name)
            _close(call.sandbox.backend("s3", "aws").buckets[name], call)
        if bucket is not None:
            s3_objects.finish(call, bucket, response)
        if call.operation == "ListBuckets":
            s3_listing.tell_regions(call, response, call.sandbox.backend("s3", "aws").buckets)
    return response


def _find_bucket(name: str) -> tuple[str, Any]:
    """The account that has a bucket, and the bucket; their names are the same for all accounts."""
    account = s3_backends.bucket_accounts.get(name, ("", ""))[1]
    return account, s3_backends[account]["aws"].buckets.get(name) if account else None


def _is_foreign(call: Call, bucket_account: str) -> bool:
    return call.identity is not None and call.identity.account != bucket_account


def _forward(call: Call) -> Response:
    if call.identity is None:
        # What was allowed is the account's own business for moto.
        call.request.environ["HTTP_AUTHORIZATION"] = (
            f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/{call.region}/s3/aws4_request"
        )
    return call.forward()


def _denied() -> AwsError:
    return AwsError("AccessDenied", "Access Denied", 403)


def _no_such_bucket() -> AwsError:
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404)


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


def _requester(call: Call, context: dict[str, str | list[str]]) -> Requester:
    given = {**permissions.caller_context(call), **context}
    source_arn = call.request.headers.get("x-sandbox-cloudfront-source-arn")
    if source_arn:
        return Requester("cloudfront", {**given, **s3_policy.cloudfront_context(source_arn)})
    return Requester("account" if call.identity else "anonymous", given, call.identity)


def _authorize(call: Call, bucket: Any) -> None:
    if call.operation == "OptionsObject" and bucket is None:
        return
    if call.identity is None:
        if bucket is None:
            raise _no_such_bucket() if call.parameters["Bucket"] else _denied()
        _authorize_stranger(call, bucket)
        return
    found = needs.of(call)
    for need in found:
        _authorize_caller(call, bucket, need)
    if bucket is not None and _is_missing(call, bucket):
        # Whether a key is there is told only to those who may list.
        listing = Need("s3:ListBucket", f"arn:aws:s3:::{bucket.name}", {"s3:prefix": call.parameters.get("Key") or ""})
        _authorize_caller(call, bucket, listing)


def _authorize_caller(call: Call, bucket: Any, need: Need) -> None:
    """A caller of the bucket's account needs its own policy or the bucket's, and a denial of neither."""
    own = permissions.identity_verdict(call, need)
    requester = _requester(call, need.context)
    is_in_bucket = bucket is not None and f"{need.resource}/".startswith(f"arn:aws:s3:::{bucket.name}/")
    bucket_policy = _policy_text(bucket) if is_in_bucket else None
    of_bucket = s3_policy.decide(bucket_policy, requester, need.action, need.resource)
    if own == "deny":
        raise permissions.denied(call, need, permissions.OWN_DENY)
    # The owner may always repair a policy that locks everybody out.
    repairs = call.operation in ("GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy")
    is_owner = call.identity is not None and call.identity.is_administrator
    if of_bucket == "deny" and not (repairs and is_owner):
        raise permissions.denied(call, need, permissions.BUCKET_DENY)
    if "allow" not in (own, of_bucket):
        raise permissions.denied(call, need, permissions.NO_ALLOW)


def _refused_keys(call: Call, bucket: Any) -> dict[str, AwsError]:
    refused: dict[str, AwsError] = {}
    for need in needs.of(call):
        try:
            _authorize_caller(call, bucket, need)
        except AwsError as error:
            refused[need.resource.removeprefix(f"arn:aws:s3:::{bucket.name}/")] = error
    return refused


def _policy_text(bucket: Any) -> str | None:
    return bucket.policy.decode() if isinstance(bucket.policy, bytes) else bucket.policy


def _is_missing(call: Call, bucket: Any) -> bool:
    key = call.parameters.get("Key")
    return bool(key and key not in bucket.keys and call.operation in ("GetObject", "HeadObject"))


def _authorize_stranger(call: Call, bucket: Any) -> None:
    """Anybody and CloudFront get what the bucket's policy (or a public ACL) gives them."""
    policy, key = _policy_text(bucket), call.parameters.get("Key")
    need = next(iter(needs.of(call)), Need("s3:DeleteObject"))
    requester = _requester(call, need.context)
    verdict = s3_policy.decide(policy, requester, need.action, need.resource)
    block = bucket.public_access_block
    if requester.kind == "anonymous":
        if block and block.restrict_public_buckets and s3_policy.is_public(policy):
            raise _denied()
        if verdict == "none" and _is_public_object(call, bucket, key):
            verdict = "allow"
    if verdict != "allow":
        raise _denied()
    listing = s3_policy.decide(policy, requester, "s3:ListBucket", f"arn:aws:s3:::{bucket.name}")
    if _is_missing(call, bucket) and listing != "allow":
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
