"""Names of cancers for the console, from the knowledge that the bot speaks from."""

from __future__ import annotations

from functools import cache

from bot.console.plain import Wording
from bot.console.texts import Texts


@cache
def wording(t: Texts) -> Wording:
    """The words for facts in the language of `t`."""
    return Wording(t, _cancer_names())


@cache
def _cancer_names() -> dict[str, str]:
    from bot.oncology.vocabulary import cancers  # loads the vocabularies with the first page

    return {ident: cancer.name[:1].upper() + cancer.name[1:] for ident, cancer in cancers().items()}
