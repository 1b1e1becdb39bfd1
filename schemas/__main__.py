"""``python -m schemas``: print the column reference that ``schemas/README.md`` holds."""

import sys

from schemas.record import describe
from schemas.records import RECORDS

sys.stdout.write(describe(RECORDS))
