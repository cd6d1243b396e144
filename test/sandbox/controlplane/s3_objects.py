"""What S3 does with single objects and moto does not: conditional writes, encryption, ETags that are no MD5."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from moto.s3.models import FakeDeleteMarker, FakeKey
from werkzeug.wrappers import Response

from awscall import AwsError, Call

UPLOAD_STEPS = ("UploadPart", "UploadPartCopy", "ListParts", "CompleteMultipartUpload", "AbortMultipartUpload")
WRITES = ("PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject")
KMS = "aws:kms"
ENCRYPTION_HEADER = "x-amz-server-side-encryption"


@dataclass
class BucketTimes:
    """When each bucket was made."""

    made_at: dict[str, float] = field(default_factory=dict)

    def note(self, bucket: str) -> None:
        self.made_at[bucket] = time.monotonic()

    def has_spread(self, call: Call) -> bool:
        made_at = self.made_at.get(call.parameters["Bucket"], float("-inf"))
        return time.monotonic() >= made_at + call.sandbox.settings.bucket_lag_seconds


def check(call: Call, bucket: Any) -> None:
    """Raises what S3 answers to a condition that is not met, and to those who may not use an object's key."""
    found = _current(call, bucket)
    if call.operation in UPLOAD_STEPS and call.parameters.get("uploadId") not in bucket.multiparts:
        if found is None or not _is_same_upload(call, found):
            message = "The specified upload does not exist. It may be invalid, or it was aborted or completed."
            raise AwsError("NoSuchUpload", message, 404)
    if call.operation in WRITES:
        _check_conditions(call, found)
    if call.operation == "CopyObject":
        _check_source(call, bucket)
    is_stranger = call.identity is None and call.operation in ("GetObject", "HeadObject")
    if is_stranger and found is not None and found.encryption == KMS:
        message = (
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you"
            " are not allowed to access."
        )
        raise AwsError("AccessDenied", message, 403)


def finish(call: Call, bucket: Any, response: Response) -> None:
    """Encrypts what a successful call has written, as the request, the account's rules or the bucket say."""
    if response.status_code != 200:
        return
    if call.operation == "CreateMultipartUpload":
        upload = re.search(rb"<UploadId>([^<]+)<", response.get_data())
        if upload:
            bucket.multiparts[upload[1].decode()].sse_encryption = _encryption(call, bucket)
    if call.operation not in ("PutObject", "CopyObject"):
        return
    key = _current(call, bucket)
    if key is None:
        return
    key.encryption = _encryption(call, bucket)
    response.headers[ENCRYPTION_HEADER] = key.encryption
    if key.encryption == KMS:
        former, key._etag = key.etag, secrets.token_hex(16)
        key.kms_key_id = key.kms_key_id or f"arn:aws:kms:{bucket.region_name}:{bucket.account_id}:alias/aws/s3"
        if "ETag" in response.headers:
            response.headers["ETag"] = key.etag
        if call.operation == "CopyObject":
            body = response.get_data(as_text=True)
            response.set_data(body.replace(former.strip('"'), key.etag.strip('"')))


def _encryption(call: Call, bucket: Any) -> str:
    given = call.request.headers.get(ENCRYPTION_HEADER)
    if given or call.sandbox.settings.kms_etags:
        return given or KMS
    if not bucket.encryption:
        return "AES256"
    return str(bucket.encryption["Rule"]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])


def _current(call: Call, bucket: Any) -> FakeKey | None:
    found = bucket.keys.get(call.parameters.get("Key"))
    return None if isinstance(found, FakeDeleteMarker) else found


def _check_conditions(call: Call, current: FakeKey | None) -> None:
    # Moto checks some of them for some calls; they are all decided here.
    if_match = call.request.environ.pop("HTTP_IF_MATCH", None)
    if_none_match = call.request.environ.pop("HTTP_IF_NONE_MATCH", None)
    if if_none_match not in (None, "*"):
        message = "A header you provided implies functionality that is not implemented"
        raise AwsError("NotImplemented", message, 501, {"Header": "If-None-Match"})
    if if_none_match and current is not None and not _is_same_upload(call, current):
        raise _precondition_failed("If-None-Match")
    if if_match and current is None:
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404, {"Key": call.parameters["Key"]})
    if if_match and current is not None and if_match.strip('"') != current.etag.strip('"'):
        if not (if_match == "*" and call.operation == "DeleteObject"):
            raise _precondition_failed("If-Match")


def _check_source(call: Call, bucket: Any) -> None:
    """Of a copy inside the bucket."""
    wanted = call.request.headers.get("x-amz-copy-source-if-match")
    name, _, key = unquote(call.request.headers.get("x-amz-copy-source", "").lstrip("/")).partition("/")
    source = bucket.keys.get(key) if name == bucket.name else None
    if wanted and source is not None and wanted.strip('"') != source.etag.strip('"'):
        raise _precondition_failed("x-amz-copy-source-If-Match")


def _is_same_upload(call: Call, current: FakeKey) -> bool:
    """Completing an upload once more is the same success."""
    upload = getattr(current, "multipart", None)
    return upload is not None and upload.id == call.parameters.get("uploadId")


def _precondition_failed(condition: str) -> AwsError:
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", message, 412, {"Condition": condition})
