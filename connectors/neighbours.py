"""Who stands at the other end of a request: the world, or somebody on our own network.

Guarantee: a request that a proxy brought is never taken for one of our own network because the
proxy stands there; unless that proxy is trusted (INTAKE_TRUSTED_PROXIES), whose word replaces the
address before we see it.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import Final

from starlette.requests import Request

# A proxy adds one of these to what it passes on.
_BROUGHT: Final = ("x-forwarded-for", "forwarded", "via", "x-real-ip")


def public_address(request: Request) -> str | None:
    """The address of somebody out in the world, None for our own network and for none at all."""
    host = request.client.host if request.client else ""
    try:
        return host if ipaddress.ip_address(host).is_global else None
    except ValueError:
        return None


def may_see_figures(request: Request, token: str | None) -> bool:
    """Whether somebody may read the metrics: with the token, or, if none is set, from our own
    network and not through a proxy."""
    if token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if any(name in request.headers for name in _BROUGHT):
        return False
    host = request.client.host if request.client else ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
