"""When the cancer was found is heard near the words of diagnosis, or as an answer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.oncology import read
from bot.oncology.dates import read_dates
from bot.oncology.text import read_document

TODAY = date.today()  # noqa: DTZ011


def found(text: str, asks: str | None = None) -> str | None:
    return next((m.value for m in read_dates(read_document(text), asks)), None)


@pytest.mark.parametrize(
    ("text", "asks", "expected"),
    [
        ("diagnosed in Jan 2025", None, "2025-01"),
        ("it was found in march, 2024", None, "2024-03"),
        ("dx 03/2023", None, "2023-03"),
        ("diagnosed 2021 with DLBCL", None, "2021"),
        ("Jan 2025", "diagnosis_date", "2025-01"),
        ("2022", "diagnosis_date", "2022"),
        ("last year", "diagnosis_date", str(TODAY.year - 1)),
        ("2 years back", "diagnosis_date", f"{TODAY - timedelta(days=730):%Y-%m}"),
        ("surgery in Jan 2025", None, None),
        ("diagnosed long back. chemo in Jan 2025", None, None),
        ("my neighbour was diagnosed in 2019", None, None),
        ("diagnosed in Jan 2999", None, None),
    ],
)
def test_date_of_diagnosis(text: str, asks: str | None, expected: str | None) -> None:
    assert found(text, asks) == expected


INTERVALS = [
    ("ovarian, carbo/taxol ended March 2022, relapse May 2024", 26),
    ("carboplatin finished in January 2023 and it came back in June 2023", 5),
    ("relapsed in June 2023, last chemo January 2023", 5),
    ("carboplatin completed 2021, relapsed 2024", 36),
    ("carboplatin completed 2023, relapsed 2024", None),
    ("carbo ended March, relapse in May 2 years later", 24),
]


@pytest.mark.parametrize(("text", "months"), INTERVALS)
def test_two_dates_tell_how_long_it_stayed_away(text: str, months: int | None) -> None:
    assert read(text).facts().get("months_to_relapse") == months
