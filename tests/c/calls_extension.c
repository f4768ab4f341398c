// See calls.h.

#include "calls.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

const char *const CALLS = "extension";
const int CALLS_REPORT = 0;

void calls_connect(sqlite3 *db, const char *extension) {
    char *message = NULL;
    CHECK_CODE(SQLITE_OK, sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL));
    if (sqlite3_load_extension(db, extension, NULL, &message) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", extension, message);
        exit(1);
    }
    CHECK_CODE(SQLITE_OK, sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL));
}

// Calls a function with up to two texts, and takes its answer as text, to be freed.
static int ask(sqlite3 *db, const char *sql, const char *first, const char *second, char **answer, char **message) {
    sqlite3_stmt *statement = NULL;
    *answer = *message = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK && first != NULL) code = sqlite3_bind_text(statement, 1, first, -1, SQLITE_STATIC);
    if (code == SQLITE_OK && second != NULL) code = sqlite3_bind_text(statement, 2, second, -1, SQLITE_STATIC);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *answer = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
        code = SQLITE_OK;
    } else {
        code = sqlite3_extended_errcode(db);
        *message = sqlite3_mprintf("%s", sqlite3_errmsg(db));
    }
    sqlite3_finalize(statement);
    return code;
}

static int ask_outcome(sqlite3 *db, const char *sql, const char *first, const char *second, int *outcome, char **message) {
    static const char *const NAMES[] = {"",           "created",        "already_enrolled", "unknown_user", "not_an_owner",
                                        "ambiguous_user", "unreadable_date"};
    char *name;
    int code = ask(db, sql, first, second, &name, message);
    if (code == SQLITE_OK) {
        *outcome = FM_UNREADABLE_DATE;
        while (*outcome > 0 && strcmp(NAMES[*outcome], name) != 0) --*outcome;
        CHECK(*outcome > 0);
    }
    sqlite3_free(name);
    return code;
}

int call_create(sqlite3 *db, const char *user_id, const char *date, int *outcome, char **message) {
    return ask_outcome(db, "SELECT create_facilitator_marker(?1, ?2)", user_id, date, outcome, message);
}

int call_ensure(sqlite3 *db, const char *user_id, int *outcome, char **message) {
    return ask_outcome(db, "SELECT ensure_facilitator_marker(?1)", user_id, NULL, outcome, message);
}

int call_backfill(sqlite3 *db, char **message) {
    char *created;
    int code = ask(db, "SELECT backfill_facilitator_markers()", NULL, NULL, &created, message);
    sqlite3_free(created);
    return code;
}

int call_preview(sqlite3 *db, fm_report *report, char **message) {
    char *json;
    int code = ask(db, "SELECT preview_facilitator_markers()", NULL, NULL, &json, message);
    if (code == SQLITE_OK) {
        long long owners, created;
        CHECK(sscanf(json, "{\"owners\":%lld,\"created\":%lld,", &owners, &created) == 2);
        *report = (fm_report){.owners = owners, .created = created};
    }
    sqlite3_free(json);
    return code;
}

// The round belongs to the connection.
int steps_open(sqlite3 *db, struct steps **steps, char **message) {
    *steps = (struct steps *)db;
    *message = NULL;
    return SQLITE_OK;
}

int steps_next(struct steps *steps, int owners, char **message) {
    char number[16], *remaining;
    snprintf(number, sizeof number, "%d", owners);
    int code = ask((sqlite3 *)steps, "SELECT backfill_facilitator_markers_step(CAST(?1 AS INTEGER))", number, NULL,
                   &remaining, message);
    int is_finished = code == SQLITE_OK && strcmp(remaining, "0") == 0;
    sqlite3_free(remaining);
    return is_finished ? SQLITE_DONE : code;
}

void steps_report(const struct steps *steps, fm_report *report) {
    (void)steps, (void)report;
}

void steps_close(struct steps *steps) {
    (void)steps;
}
