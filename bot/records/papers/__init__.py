"""Papers that come in: what they are, which item of the checklist they fill, how old they are."""
