"""docs/reference/ledger.md says what the code says."""

from pathlib import Path

import pytest

from governance.ledger import Act

PAGE = (Path(__file__).parents[3] / "docs/reference/ledger.md").read_text()


@pytest.mark.parametrize("act", Act)
def test_every_act_is_told(act):
    assert f"| `{act}` | " in PAGE
