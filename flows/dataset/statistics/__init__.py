"""What a dataset holds, in numbers; and what of it can be guessed without the picture."""
