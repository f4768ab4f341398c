// An extension whose one function fails with the code that it is given, as the library's functions do.

#include <stddef.h>

#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

static void fail_with(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    sqlite3_result_error(context, "as it was asked to", -1);
    sqlite3_result_error_code(context, sqlite3_value_int(values[0]));
}

int sqlite3_extension_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
    (void)message;
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_function(db, "fail_with", 1, SQLITE_UTF8, NULL, fail_with, NULL, NULL);
}
