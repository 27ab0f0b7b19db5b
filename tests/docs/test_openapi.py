"""docs/openapi.json is the interface that the application serves."""

from __future__ import annotations

import json
from pathlib import Path

from api.app import create_app
from api.settings import Settings
from tests.support.golden import assert_golden


def test_the_published_interface_is_the_served_one(tmp_path: Path):
    described = create_app(Settings(home=tmp_path / "home")).openapi()
    text = json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    assert_golden("docs/openapi.json", text)
