"""What apsw shows of each failure: shown.py apsw EXTENSION CODE..., where CODE is a number."""

import json
import sys

import apsw

db = apsw.Connection(":memory:")
db.enable_load_extension(True)
db.load_extension(sys.argv[2])
shown = []
for code in sys.argv[3:]:
    try:
        db.execute(f"SELECT fail_with({code})").fetchall()
    except apsw.Error as error:
        shown.append(error.extendedresult)
    except MemoryError as error:
        shown.append(getattr(error, "extendedresult", apsw.SQLITE_NOMEM))
assert issubclass(apsw.BusyError, apsw.Error)
print(json.dumps(shown))
