"""Other people's benchmarks: their files, their measures."""
