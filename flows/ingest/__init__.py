"""From folders, lists and archives to selected pictures."""
