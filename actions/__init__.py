"""Rasa custom actions: thin translations between a tracker and `bot/`."""
