"""IAM Identity Center: sign-ins by device authorization (RFC 8628), and the keys of a role for who is signed in."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from werkzeug.wrappers import Response

from awscall import ACCOUNT_ID, AwsError, Call, with_request_id
from gateway import handles
from identities import Identity, Sessions

# The one instance of IAM Identity Center: its region is not that of the sites.
REGION = "eu-west-1"
START_URL = "https://sandbox.awsapps.com/start"
ROLE = "AdministratorAccess"
ROLE_SCOPE = "sso:account:access"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SESSION_SECONDS = 8 * 3600
DEVICE_SECONDS = 600
CLIENT_SECONDS = 90 * 24 * 3600
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass
class Client:
    """Whatever registered itself; only with a scope is it given tokens that it may renew."""

    secret: str
    scopes: list[str]
    expires: datetime


@dataclass
class Device:
    """One sign-in that waits for a person."""

    client_id: str
    user_code: str
    expires: datetime
    interval: float
    state: Literal["pending", "approved", "denied", "used"] = "pending"
    asked: datetime | None = None


@dataclass
class SignIns:
    """Who registered, who is signing in and who has signed in."""

    clients: dict[str, Client] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    renewals: dict[str, str] = field(default_factory=dict)

    def end_all(self) -> None:
        """Ends what anybody has signed in to or begun to; the registrations stay."""
        self.tokens.clear()
        self.renewals.clear()
        for device in self.devices.values():
            device.expires = datetime.min.replace(tzinfo=device.expires.tzinfo)


class OidcError(Exception):
    """A refusal as OAuth words it, in the fields that the models of these errors have."""

    def __init__(self, code: str, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        body = json.dumps({"error": error, "error_description": description})
        self.response = with_request_id(Response(body, status, mimetype="application/json"))
        self.response.headers["x-amzn-ErrorType"] = code


@handles("sso-oidc", "RegisterClient")
def register_client(call: Call) -> dict[str, object] | Response:
    parameters = call.parameters
    if parameters["clientType"] != "public":
        return _refused("InvalidClientMetadataException", "invalid_client_metadata", "Invalid client type provided")
    scopes = list(parameters.get("scopes") or [])
    if any(not scope.startswith("sso:") for scope in scopes):
        return _refused("InvalidScopeException", "invalid_scope", "Invalid scope provided")
    now = call.sandbox.now()
    client_id, secret = secrets.token_urlsafe(16), secrets.token_urlsafe(60)
    expires = now + timedelta(seconds=CLIENT_SECONDS)
    _sign_ins(call).clients[client_id] = Client(secret, scopes, expires)
    return {
        "clientId": client_id,
        "clientSecret": secret,
        "clientIdIssuedAt": int(now.timestamp()),
        "clientSecretExpiresAt": int(expires.timestamp()),
    }


@handles("sso-oidc", "StartDeviceAuthorization")
def start_device_authorization(call: Call) -> dict[str, object] | Response:
    parameters = call.parameters
    try:
        _client(call)
    except OidcError as error:
        return error.response
    if parameters["startUrl"].rstrip("/").removesuffix("/#") != START_URL or call.region != REGION:
        return _refused("InvalidRequestException", "invalid_request", "Invalid start url provided")
    word = ["".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(2)]
    code, user_code = secrets.token_urlsafe(64), "-".join(word)
    expires = call.sandbox.now() + timedelta(seconds=DEVICE_SECONDS)
    interval = call.sandbox.settings.sign_in_interval_seconds
    _sign_ins(call).devices[code] = Device(parameters["clientId"], user_code, expires, interval)
    page = f"http{'' if call.sandbox.settings.sign_in_at_http else 's'}://device.sso.{REGION}.amazonaws.com/"
    return {
        "deviceCode": code,
        "userCode": user_code,
        "verificationUri": page,
        "verificationUriComplete": f"{page}?user_code={user_code}",
        "expiresIn": DEVICE_SECONDS,
        "interval": max(1, round(interval)),
    }


@handles("sso-oidc", "CreateToken")
def create_token(call: Call) -> dict[str, object] | Response:
    try:
        client = _client(call)
        grant = call.parameters["grantType"]
        if grant == DEVICE_GRANT:
            _take_device(call)
        elif grant == "refresh_token":
            renewal = call.parameters.get("refreshToken") or ""
            if _sign_ins(call).renewals.pop(renewal, None) != call.parameters["clientId"]:
                raise OidcError("InvalidGrantException", "invalid_grant", "Invalid refresh token provided")
        else:
            raise OidcError("UnsupportedGrantTypeException", "unsupported_grant_type", "Unsupported grant type")
    except OidcError as error:
        return error.response
    return _new_token(call, client)


def _take_device(call: Call) -> None:
    """Uses the device code up once a person has approved it."""
    device = _sign_ins(call).devices.get(call.parameters.get("deviceCode") or "")
    if device is None or device.client_id != call.parameters["clientId"] or device.state == "used":
        raise OidcError("InvalidGrantException", "invalid_grant", "Invalid grant provided")
    now = call.sandbox.now()
    if now >= device.expires:
        raise OidcError("ExpiredTokenException", "expired_token", "Token has expired")
    early = device.asked is not None and (now - device.asked).total_seconds() < device.interval
    device.asked = now
    if early:
        device.interval += 5
        raise OidcError("SlowDownException", "slow_down", "Slow down")
    if device.state == "pending":
        raise OidcError("AuthorizationPendingException", "authorization_pending", "Authorization is pending")
    if device.state == "denied":
        raise OidcError("AccessDeniedException", "access_denied", "Access denied")
    device.state = "used"


def _new_token(call: Call, client: Client) -> dict[str, object]:
    token = f"aoa{secrets.token_urlsafe(120)}"
    seconds = int(call.sandbox.settings.sign_in_seconds or SESSION_SECONDS)
    _sign_ins(call).tokens[token] = call.sandbox.now() + timedelta(seconds=seconds)
    answer: dict[str, object] = {"accessToken": token, "expiresIn": seconds, "tokenType": "Bearer"}
    if ROLE_SCOPE in client.scopes:
        renewal = f"aor{secrets.token_urlsafe(120)}"
        _sign_ins(call).renewals[renewal] = call.parameters["clientId"]
        answer["refreshToken"] = renewal
    return answer


@handles("sso", "GetRoleCredentials")
def get_role_credentials(call: Call) -> dict[str, object]:
    """The keys of the one role that is given to everybody; no other account or role is."""
    parameters = call.parameters
    expires = _sign_ins(call).tokens.get(parameters["accessToken"])
    if call.region != REGION or expires is None or call.sandbox.now() >= expires:
        raise AwsError("UnauthorizedException", "Session token not found or invalid", 401)
    if (parameters["accountId"], parameters["roleName"]) != (ACCOUNT_ID, ROLE):
        raise AwsError("ForbiddenException", "No access", 403)
    arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/AWSReservedSSO_{ROLE}_0123456789abcdef/ann"
    # Without a role's name it may do what the administrator may.
    identity = Identity(ACCOUNT_ID, arn, "AROASANDBOX000000000A:ann")
    keys = call.sandbox.shared(Sessions).open(identity, call.sandbox.now() + timedelta(hours=1))
    return {
        "roleCredentials": {
            "accessKeyId": keys.access_key,
            "secretAccessKey": keys.secret,
            "sessionToken": keys.token,
            "expiration": int(keys.expires.timestamp() * 1000) if keys.expires else 0,
        }
    }


def _sign_ins(call: Call) -> SignIns:
    return call.sandbox.shared(SignIns)


def _client(call: Call) -> Client:
    client = _sign_ins(call).clients.get(call.parameters["clientId"])
    if client is None or client.secret != call.parameters["clientSecret"] or call.sandbox.now() >= client.expires:
        raise OidcError("InvalidClientException", "invalid_client", "Invalid client provided", 401)
    return client


def _refused(code: str, error: str, description: str) -> Response:
    return OidcError(code, error, description).response
