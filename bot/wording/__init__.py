"""Texts for people, by language."""

from bot.wording.catalogue import DEFAULT_LANGUAGE, Catalogue, UnknownResponse, catalogue

__all__ = ["DEFAULT_LANGUAGE", "Catalogue", "UnknownResponse", "catalogue"]
