"""The IAM actions of S3's calls, many of which have another name than the call (Service Authorization Reference)."""

from __future__ import annotations

from urllib.parse import unquote

import s3_deletions
from awscall import Call

NAMES = {
    "ListBuckets": "ListAllMyBuckets",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "GetObjectAttributes": "GetObject",
    "SelectObjectContent": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
}
OF_ONE_VERSION = ("GetObject", "DeleteObject", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging")


def of(call: Call) -> list[tuple[str, str]]:
    """The actions that a call needs and the ARNs they are about; the first is the call's own."""
    bucket, key = call.parameters["Bucket"], call.parameters.get("Key")
    arn = f"arn:aws:s3:::{bucket}" if bucket else "*"
    resource = f"{arn}/{key}" if key else arn
    if call.operation == "DeleteObjects":
        return [
            ("s3:DeleteObjectVersion" if version else "s3:DeleteObject", f"{arn}/{one}")
            for one, version in s3_deletions.requested(call.body)
        ]
    name = NAMES.get(call.operation, call.operation)
    if name in OF_ONE_VERSION and call.parameters.get("versionId"):
        name = name.replace("Object", "ObjectVersion")
    found = [(f"s3:{name}", resource)]
    headers = call.request.headers
    if call.operation in ("PutObject", "CopyObject", "CreateMultipartUpload"):
        if headers.get("x-amz-tagging"):
            found.append(("s3:PutObjectTagging", resource))
        if headers.get("x-amz-acl") or any(header.startswith("X-Amz-Grant-") for header, _ in headers.items()):
            found.append(("s3:PutObjectAcl", resource))
    if name == "PutObject" and headers.get("If-Match"):
        found.append(("s3:GetObject", resource))
    source = headers.get("x-amz-copy-source")
    if source and name == "PutObject":
        found.append(("s3:GetObject", f"arn:aws:s3:::{unquote(source.split('?')[0]).removeprefix('/')}"))
    return found


def context(call: Call) -> dict[str, str | list[str]]:
    """The condition keys of S3 that a request has."""
    headers, arguments = call.request.headers, call.request.args
    found: dict[str, str | list[str]] = {
        f"s3:{name.lower()}": value
        for name, value in headers.items()
        if name.lower().startswith(("x-amz-server-side-encryption", "x-amz-acl", "x-amz-content-sha256"))
    }
    found |= {f"s3:{name}": arguments[name] for name in ("prefix", "delimiter", "max-keys") if name in arguments}
    is_presigned = "X-Amz-Signature" in arguments
    found["s3:authtype"] = "REST-QUERY-STRING" if is_presigned else "REST-HEADER"
    return found
