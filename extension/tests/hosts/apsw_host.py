"""The apsw module, which carries its own SQLite: the scenario."""

import apsw

import scenario


class Connection:
    def __init__(self, path, extension=scenario.EXTENSION):
        self.db = apsw.Connection(path)
        self.db.enable_load_extension(True)
        self.db.load_extension(str(extension))
        self.db.enable_load_extension(False)

    def run(self, sql):
        return list(self.db.execute(sql))

    script = run

    def close(self):
        self.db.close()


def failure_of(error, _step):
    assert isinstance(error, apsw.Error), repr(error)
    # An error while preparing has no extended code of its own.
    return {"code": getattr(error, "extendedresult", 1), "message": str(error)}


scenario.run(Connection, failure_of)
scenario.report(f"apsw {apsw.apsw_version()}", apsw.sqlite_lib_version(), scenario.default_wait(Connection))
