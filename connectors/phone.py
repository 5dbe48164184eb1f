"""The country that a phone number was given out in: a hint for a question, never a fact."""

from __future__ import annotations

import phonenumbers


def country_of(address: str | None) -> str | None:
    """ISO 3166 code of a number in international form ("+8801...", "whatsapp:+8801..."), or None.

    People keep their numbers when they move, and relatives abroad write: so it is only asked.
    """
    number = (address or "").removeprefix("whatsapp:")
    if not number.startswith("+"):
        return None
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
