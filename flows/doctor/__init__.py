"""What works on this machine, and what to run where something does not."""
