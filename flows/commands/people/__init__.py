"""Door three: what people say about photographs."""
