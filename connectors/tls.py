"""One set of trusted certificates for all clients of this process: reading it takes a while."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def trust() -> ssl.SSLContext:
    """What httpx trusts by default."""
    return httpx.create_ssl_context()
