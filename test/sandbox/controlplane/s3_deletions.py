"""DeleteObjects: each key is allowed or refused for itself, and a success tells of the refused ones."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from awscall import AwsError, Call

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
# Moto reads the body by names without a prefix.
ElementTree.register_namespace("", NAMESPACE)


def requested(body: bytes) -> list[tuple[str, str]]:
    """The keys that a request names, each with its version or an empty text."""
    try:
        return [(_text(item, "Key"), _text(item, "VersionId")) for item in _objects(ElementTree.fromstring(body))]
    except ElementTree.ParseError as error:
        message = "The XML you provided was not well-formed or did not validate against our published schema"
        raise AwsError("MalformedXML", message, 400) from error


def delete_allowed(call: Call, refused: dict[str, AwsError]) -> Response:
    """Deletes all but the refused keys."""
    root = ElementTree.fromstring(call.body)
    for item in _objects(root):
        if _text(item, "Key") in refused:
            root.remove(item)
    if _objects(root):
        call.body = ElementTree.tostring(root)
        response = call.forward()
    else:
        response = Response(f'<DeleteResult xmlns="{NAMESPACE}"></DeleteResult>', mimetype="application/xml")
    errors = "".join(
        f"<Error><Key>{escape(key)}</Key><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
        for key, error in refused.items()
    )
    response.set_data(response.get_data(as_text=True).replace("</DeleteResult>", f"{errors}</DeleteResult>"))
    return response


def _objects(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [item for item in root if item.tag.rpartition("}")[2] == "Object"]


def _text(item: ElementTree.Element, name: str) -> str:
    return next((part.text or "" for part in item if part.tag.rpartition("}")[2] == name), "")
