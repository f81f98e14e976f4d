"""
An AWS account by the profile that leads there.

    aws://PROFILE?region=eu-central-1&endpoint_url=http://127.0.0.1:5000

The profile is one of ~/.aws/config; `aws://` alone is the default one, or what the environment gives. Which account
that is, AWS says.
"""

import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from connectors.advising import Address
from connectors.aws import settings
from connectors.errors import AuthFailed, ConfigInvalid, NotPermitted, RateLimited, Transient

KNOWN = ("region", "endpoint_url", "role_arn", "external_id", "account")
WANTED = "aws://PROFILE"
ADVICE = {
    NotPermitted: "Let an administrator allow it: docs/how-to/scan.md names the rights that a scan needs.",
    RateLimited: "Try again in a minute: AWS answers others of this account first.",
    Transient: "Check that AWS can be reached from this machine, and region and endpoint_url where the URL has them.",
}
SIGN_IN = "Sign in again: AWS refuses this key or session. `aws sts get-caller-identity{}` tries it."
PROFILE = re.compile(r"[^\s/@:?#\[\]]*")


def address(url: str) -> Address:
    """Read a URL; ConfigInvalid says what is wrong. Nothing is sent."""
    split = urlsplit(url)
    profile = unquote(split.netloc)
    if split.path.strip("/") or split.fragment or not PROFILE.fullmatch(profile):
        raise ConfigInvalid(f"this is no name of a profile; wanted: {WANTED}")
    query = parse_qsl(split.query, keep_blank_values=True)
    if strange := sorted({name for name, _ in query} - {*KNOWN}):
        raise ConfigInvalid(f"unknown in the URL: {', '.join(strange)}; known are {', '.join(KNOWN)}")
    config: dict[str, object] = {"account": settings.ANY, **dict(query)}
    config |= {"profile": profile} if profile else {"ambient": True}
    settings.parse(config)
    told = f"?{split.query}" if split.query else ""
    return Address(
        kind="aws",
        config=config,
        name=f"the account of {profile}" if profile else "",
        shown=f"aws://{quote(profile)}{told}",
        advice={AuthFailed: SIGN_IN.format(f" --profile {profile}" if profile else ""), **ADVICE},
    )
