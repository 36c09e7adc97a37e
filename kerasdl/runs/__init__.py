"""Runs on disk: where they are, what they say of themselves, and those that have ended."""
