"""Words shared by questions, answers and checks: places, phrases, mentions."""
