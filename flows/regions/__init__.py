"""Region proposals of a run: chosen, made shard by shard, stored."""
