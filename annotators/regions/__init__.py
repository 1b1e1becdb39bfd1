"""Where regions come from, and how they become a partition."""
