"""Calls that are refused."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError


def refusal(call: Any, **arguments: Any) -> Any:
    """The answer that says no."""
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return caught.value.response
