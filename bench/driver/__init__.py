"""What `bench/run` and `bench/leak` are made of. Standard library only."""
