"""Two degraded pictures of one photograph, region by region: asked, answered, checked."""
