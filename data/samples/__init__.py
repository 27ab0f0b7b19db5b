"""The sample park: files that a newcomer can open, and the seeded generator that made them.

Everything in it is invented: the firms, their numbers, the orders. Only the positions of the three
parks are those of real industrial towns.
"""

from datetime import date
from pathlib import Path

SAMPLE_PARK = Path(__file__).parent / "park"
"""All files of the sample park."""

SAMPLE_BUNDLE = SAMPLE_PARK / "bundle"
"""The whole park as one bundle: 120 offers, 200 orders."""

SAMPLE_CENTRE_BUNDLE = SAMPLE_PARK / "centre-bundle"
"""What the service centre holds: the whole without what the factories' workbooks bring."""

SAMPLE_WORKBOOKS = SAMPLE_PARK / "workbooks"
"""Forms filled in by factories; with the centre's bundle they make the whole."""

SAMPLE_UBL = SAMPLE_PARK / "ubl"
"""Orders between firms of the park as UBL documents: good, repeated, held and refused ones."""

SAMPLE_DIRECTORY = SAMPLE_PARK / "directory"
"""Parks, organisations and lenders as lists."""

SAMPLE_WEEK0 = date(2026, 11, 30)
"""Monday of week 0 of the sample park: ISO week 2026-W49."""
