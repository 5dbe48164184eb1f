"""The country behind a phone number."""

from __future__ import annotations

import pytest

from connectors.phone import country_of


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("whatsapp:+8801711000000", "BD"),
        ("+254712345678", "KE"),
        ("whatsapp:+12125550123", "US"),
        ("+999123", None),
        ("whatsapp:+", None),
        ("BSUID.12345", None),
        ("778899", None),
        (None, None),
    ],
)
def test_a_number_tells_where_it_was_given_out(address: str | None, country: str | None) -> None:
    assert country_of(address) == country
