"""Where people look: the gallery of a dataset, and the study in which raters judge it."""
