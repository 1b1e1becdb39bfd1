"""Pairs of pictures of one photograph: records, questions, graphs, and Panda's layout."""
