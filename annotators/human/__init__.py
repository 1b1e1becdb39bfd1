"""What people marked and said: readers of labelling tools' files, vocabulary, agreement."""
