"""After the dataset: export, fine-tune, point, evaluate."""
