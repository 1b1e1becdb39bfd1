"""From texts about pictures to descriptions and questions with boxes."""
