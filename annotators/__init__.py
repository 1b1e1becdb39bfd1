"""Annotators: where regions come from, what is asked and answered about them, what may be said."""
