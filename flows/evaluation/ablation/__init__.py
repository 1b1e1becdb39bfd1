"""The same model on several mixtures."""
