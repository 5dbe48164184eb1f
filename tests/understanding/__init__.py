"""The messages held apart, and the floors under which no figure may fall."""
