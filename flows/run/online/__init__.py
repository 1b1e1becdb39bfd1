"""Fresh degraded pictures with questions while a model trains; see the room's README."""
