"""Fine-tuning by TRL."""
