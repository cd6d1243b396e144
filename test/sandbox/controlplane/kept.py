"""Keeps what moto finds out anew with every call and never changes: a tenth of the time of a call, and more of an error's."""

from __future__ import annotations

from moto import backends
from moto.core import errors


def install() -> None:
    modules = tuple(backends.list_of_moto_modules())
    backends.list_of_moto_modules = lambda: modules
    # Its lookups are by service, which the one factory keeps.
    factory = errors.ErrorLookupFactory()
    errors.ErrorLookupFactory = lambda: factory  # type: ignore[assignment, misc]
