"""Simulated patients: seeded people with a known truth who talk to the running service."""
