"""Doors to the outside: messenger channels, inbox, outbox, worker, engine client."""
