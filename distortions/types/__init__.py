"""The 35 built-in types, one file a group; levels stand in the decorators."""
