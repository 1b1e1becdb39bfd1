"""What is trained on: datasets, other people's records, mixtures of them."""
