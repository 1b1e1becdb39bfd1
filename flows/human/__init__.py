"""The second road: people's annotations of flawed photographs, to records and rows."""
