// A SQLite that says that it is older than 3.40: whatever reads the schema answers with a code and a sentence, and does
// nothing.

#include "host.h"

// In the place of SQLite's own, for the library too.
int sqlite3_libversion_number(void) { return 3039004; }
const char *sqlite3_libversion(void) { return "3.39.4"; }

#define SENTENCE "SQLite 3.39.4 is too old: facilitator markers need 3.40 or later"

static void refused_with_a_sentence(sqlite3 *db, int in_transaction) {
    char *errmsg = GARBAGE;
    fm_backfill *backfill = GARBAGE;
    CHECK_CODE(SQLITE_ERROR, fm_ensure_facilitator_marker(db, "Ada", NULL, NULL, &errmsg));
    failed(db, in_transaction, &errmsg, SENTENCE);
    CHECK_CODE(SQLITE_ERROR, fm_ensure_facilitator_marker(db, "Nobody", NULL, NULL, &errmsg));
    failed(db, in_transaction, &errmsg, SENTENCE);
    CHECK_CODE(SQLITE_ERROR, fm_create_facilitator_marker(db, "Ada", "2026-01-21", NULL, NULL, &errmsg));
    failed(db, in_transaction, &errmsg, SENTENCE);
    CHECK_CODE(SQLITE_ERROR, fm_backfill_facilitator_markers(db, NULL, &errmsg));
    failed(db, in_transaction, &errmsg, SENTENCE);
    CHECK_CODE(SQLITE_ERROR, fm_preview_facilitator_markers(db, NULL, NULL, &errmsg));
    failed(db, in_transaction, &errmsg, SENTENCE);
    CHECK_CODE(SQLITE_ERROR, fm_backfill_open(db, &backfill, &errmsg));
    failed(db, in_transaction, &errmsg, SENTENCE);
    CHECK(backfill == NULL);
    CHECK(markers(db) == 0);
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    sqlite3 *db = host_in_memory();
    add_owner(db, "Ada");
    refused_with_a_sentence(db, 0);
    run(db, "BEGIN");
    refused_with_a_sentence(db, 1);
    run(db, "ROLLBACK");
    host_close(db);
    host_end();
    return 0;
}
