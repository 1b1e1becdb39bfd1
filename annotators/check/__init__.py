"""The fact check: every text against the facts, whoever wrote it."""
