"""A stand-in of an S3-compatible store: objects in memory, whole and multipart uploads.

Rules: the provider's REST reference (PutObject, GetObject, HeadObject, DeleteObject,
DeleteObjects, CreateMultipartUpload, UploadPart, CompleteMultipartUpload). Requests must be signed.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]


@dataclass
class ObjectStoreStandIn:
    """One store with any buckets; `objects` by "bucket/key"."""

    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @staticmethod
    def environment(url: str) -> dict[str, str]:
        """What points the usual variables at it."""
        return {
            "AWS_ENDPOINT_URL": url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "stand-in",
            "AWS_SECRET_ACCESS_KEY": "stand-in-secret",
            "AWS_REGION": "eu-central-1",
        }

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{key:path}", self._serve, methods=_METHODS)])

    async def _serve(self, request: Request) -> Response:
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return _error(403, "AccessDenied")
        key, query = request.path_params["key"], request.query_params
        body = await request.body()
        match request.method:
            case "PUT" if "uploadId" in query:
                self.uploads[query["uploadId"]][int(query["partNumber"])] = body
                return Response(headers={"etag": _tag(body)})
            case "PUT":
                self.objects[key] = body
                return Response(headers={"etag": _tag(body)})
            case "POST" if "delete" in query:
                return self._delete_many(key, body.decode())
            case "POST":
                return self._multipart(key, query.get("uploadId"))
            case "DELETE":
                self.objects.pop(key, None)
                return Response(status_code=204)
        if "list-type" in query:
            return self._list(key.rstrip("/"), query.get("prefix", ""))
        if key not in self.objects:
            return _error(404, "NoSuchKey")
        data = self.objects[key]
        headers = {"etag": _tag(data), "last-modified": formatdate(usegmt=True)}
        return Response(data, headers=headers)

    def _list(self, bucket: str, prefix: str) -> Response:
        found = (name.removeprefix(f"{bucket}/") for name in self.objects)
        contents = "".join(
            f"<Contents><Key>{name}</Key><LastModified>{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
            f"</LastModified><ETag>x</ETag><Size>1</Size></Contents>"
            for name in sorted(found)
            if name.startswith(prefix)
        )
        return _xml("ListBucketResult", f"<IsTruncated>false</IsTruncated>{contents}")

    def _delete_many(self, bucket: str, wish: str) -> Response:
        keys = re.findall(r"<Key>([^<]+)</Key>", wish)
        for key in keys:
            self.objects.pop(f"{bucket.rstrip('/')}/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return _xml("DeleteResult", deleted)

    def _multipart(self, key: str, upload: str | None) -> Response:
        if upload is None:
            upload = f"upload{next(self._ids)}"
            self.uploads[upload] = {}
            return _xml(
                "InitiateMultipartUploadResult",
                f"<Bucket/><Key>{key}</Key><UploadId>{upload}</UploadId>",
            )
        parts = self.uploads.pop(upload)
        self.objects[key] = b"".join(parts[number] for number in sorted(parts))
        return _xml("CompleteMultipartUploadResult", f"<ETag>{_tag(self.objects[key])}</ETag>")


def _tag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def _xml(name: str, content: str) -> Response:
    return Response(f"<{name}>{content}</{name}>", media_type="application/xml")


def _error(status: int, code: str) -> Response:
    return Response(f"<Error><Code>{code}</Code></Error>", status, media_type="application/xml")
