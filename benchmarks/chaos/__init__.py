"""The chaos run: many conversations while providers misbehave and processes are killed."""
