"""An apsw whose SQLite is older than 3.40: it gets a sentence."""

import json

import apsw

import scenario

db = apsw.Connection(":memory:")
db.enable_load_extension(True)
try:
    db.load_extension(str(scenario.EXTENSION))
except apsw.ExtensionLoadingError as error:
    wanted = f"it needs SQLite 3.40 or later, and this host has {apsw.sqlite_lib_version()}"
    assert wanted in str(error), error
else:
    raise AssertionError("an older SQLite was accepted")
assert list(db.execute("SELECT 1")) == [(1,)]
print(json.dumps({
    "host": f"apsw {apsw.apsw_version()}",
    "sqlite": apsw.sqlite_lib_version(),
    "result": "refused: it needs SQLite 3.40 or later",
}))
