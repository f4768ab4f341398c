"""An apsw whose SQLite is older than 3.40: it gets a sentence. (The names are those of that apsw.)"""

import json

import apsw

import scenario

db = apsw.Connection(":memory:")
db.enableloadextension(True)
try:
    db.loadextension(str(scenario.EXTENSION))
except apsw.ExtensionLoadingError as error:
    wanted = f"it needs SQLite 3.40 or later, and this host has {apsw.sqlitelibversion()}"
    assert wanted in str(error), error
else:
    raise AssertionError("an older SQLite was accepted")
assert list(db.cursor().execute("SELECT 1")) == [(1,)]
print(json.dumps({
    "host": f"apsw {apsw.apswversion()}",
    "sqlite": apsw.sqlitelibversion(),
    "wait": "",
    "result": "refused: it needs SQLite 3.40 or later",
}))
