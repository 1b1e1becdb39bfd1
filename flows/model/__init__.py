"""The model that writes: chosen, started, probed, asked, kept in a ledger."""
