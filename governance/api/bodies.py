"""The body of a request: all of it, unpacked, and never more than is allowed."""

import zlib

from django.conf import settings
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from governance.api.refusing import Refused

TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
SMALLER = "Send it in parts: each is a delivery of its own."
GZIP = 16 + zlib.MAX_WBITS  # zlib's word for: a gzip header is wanted


def body_of(request: HttpRequest) -> bytes:
    """The bytes of the body, as they came. Raises Refused."""
    if request.content_type not in TYPES:
        raise Refused(415, f"The body is one JSON object a line: send it with Content-Type: {TYPES[0]}.")
    if coding_of(request) not in {"identity", "gzip"}:
        raise Refused(415, "Content-Encoding is gzip, or left out.", Accept_Encoding="gzip")
    length = length_of(request)
    if length > settings.USAGE_BODY_BYTES:
        raise Refused(413, f"The body is larger than {settings.USAGE_BODY_BYTES:,} bytes. {SMALLER}")
    try:
        body = request.read(length)
    except UnreadablePostError as error:
        raise Refused(400, "The body broke off. Send it again.") from error
    if len(body) < length:
        raise Refused(400, f"The body broke off after {len(body):,} of {length:,} bytes. Send it again.")
    return body


def coding_of(request: HttpRequest) -> str:
    """How the body is packed."""
    return request.headers.get("Content-Encoding", "identity").strip().lower()


def length_of(request: HttpRequest) -> int:
    """How long the body is. Raises Refused where it does not say: a body in chunks would look like none at all."""
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal() or "Transfer-Encoding" in request.headers:
        raise Refused(411, "Say with Content-Length how long the body is, 0 for an empty one; chunks are not taken.")
    return int(length)


def unpacked(request: HttpRequest, body: bytes) -> bytes:
    """The body as its sender wrote it. Raises Refused for what is no gzip, and for what would become too large."""
    most = settings.USAGE_UNPACKED_BYTES
    text = gunzipped(body, most) if coding_of(request) == "gzip" and body else body
    if len(text) > most:
        raise Refused(413, f"Unpacked, the body is larger than {most:,} bytes. {SMALLER}")
    return text


def gunzipped(body: bytes, most: int) -> bytes:
    """Unpack one gzip member after another, and stop where it gets larger than `most`. Raises Refused."""
    parts, size = list[bytes](), 0
    while body and size <= most:
        member = zlib.decompressobj(GZIP)
        try:
            parts.append(member.decompress(body, most - size + 1))
        except zlib.error as error:
            raise Refused(
                400, f"The body is no gzip ({error}): pack it again, or leave Content-Encoding out."
            ) from error
        size += len(parts[-1])
        if size <= most and not member.eof:
            raise Refused(400, "The gzip body is cut off. Send it again.")
        body = member.unused_data
    return b"".join(parts)
