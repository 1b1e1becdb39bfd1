"""Models that judge free text, behind an endpoint or offline."""
