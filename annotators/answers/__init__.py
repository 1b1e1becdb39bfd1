"""Writers of answers: a template grammar, and a conversation with a model."""
