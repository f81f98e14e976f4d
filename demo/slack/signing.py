"""
Slack's request signature: `v0=HMAC-SHA256(secret, "v0:" + timestamp + ":" + body)`.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac


def headers(*, secret: str, body: bytes, at: float) -> dict[str, str]:
    """Return the two headers that a request of this body carries when it is sent at `at` (seconds since the epoch)."""
    stamp = str(int(at))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}
