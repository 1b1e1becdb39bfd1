"""Settings: every table of the configuration files, how they are read and how they are shown."""
