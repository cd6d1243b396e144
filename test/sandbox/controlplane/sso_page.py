"""The page on which a person approves or denies a sign-in, in place of the one of IAM Identity Center."""

from __future__ import annotations

from html import escape

from werkzeug.wrappers import Request, Response

from sso import Device, SignIns
from state import Sandbox

HOST = "device.sso."
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Authorization request</title>
<h1>Authorization requested</h1><p>Approve only if the application that you came from shows the code <strong>{code}</strong>.</p>
<form method="post"><input type="hidden" name="user_code" value="{code}">
<button name="answer" value="approve">Confirm and continue</button> <button name="answer" value="deny">Deny access</button></form>
"""


def answer(sandbox: Sandbox, request: Request) -> Response:
    """Shows the sign-in of the address's code, or takes what was answered to it."""
    code = (request.form if request.method == "POST" else request.args).get("user_code", "")
    device = _device(sandbox, code)
    if device is None:
        return _told("The code is not known, was used or has expired.", 400)
    if request.method != "POST":
        return Response(PAGE.format(code=escape(code)), mimetype="text/html")
    approves = request.form.get("answer") == "approve"
    device.state = "approved" if approves else "denied"
    return _told("Request approved. You can close this window." if approves else "Access denied.")


def _device(sandbox: Sandbox, user_code: str) -> Device | None:
    for device in sandbox.shared(SignIns).devices.values():
        if device.user_code == user_code and device.state == "pending" and sandbox.now() < device.expires:
            return device
    return None


def _told(sentence: str, status: int = 200) -> Response:
    return Response(f"<!doctype html><title>Sign-in</title><p>{sentence}</p>", status, mimetype="text/html")
