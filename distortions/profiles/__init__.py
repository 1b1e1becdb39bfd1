"""What a plan calls by one word: tables of types, groups of families, other levels."""

from distortions.profiles.levels import LEVELS as LEVELS
from distortions.profiles.levels import at_levels as at_levels
from distortions.profiles.selection import TABLES as TABLES
from distortions.profiles.selection import counterparts as counterparts
from distortions.profiles.selection import drawable as drawable
