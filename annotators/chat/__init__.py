"""Chat models behind one small protocol: OpenAI-compatible endpoints, or vLLM in this process."""
