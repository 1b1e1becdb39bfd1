"""The verification study: who rates what, the rater's page, what the ratings say."""
