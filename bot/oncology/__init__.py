"""Turns what people write about a cancer into facts; no framework, no input or output."""

from bot.oncology.read import read
from bot.oncology.reading import Ambiguity, FlagMention, Mention, Reading

__all__ = ["Ambiguity", "FlagMention", "Mention", "Reading", "read"]
