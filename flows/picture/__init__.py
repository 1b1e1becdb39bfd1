"""One picture's whole road, pure: regions, chains, degraded picture, rows."""
