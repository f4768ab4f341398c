// See calls.h.

#include "calls.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "harness.h"

const char *const CALLS = "extension";
const int CALLS_REPORT = 0;

// Whether the connection's round of a repair has a step that was rolled back, which only the next round takes again.
static int is_rolled_back;

void calls_connect(sqlite3 *db, const char *extension) {
    char *message = NULL;
    is_rolled_back = 0;
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

static int execute(sqlite3 *db, const char *sql, char **message) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK) return SQLITE_OK;
    *message = sqlite3_mprintf("%s", sqlite3_errmsg(db));
    return sqlite3_extended_errcode(db);
}

// Tells each of the changes in an answer, which another connection reads.
static void tell_all(const char *answer, fm_change_callback tell, void *told) {
    if (strstr(answer, "\"changes\":[]") != NULL) return;
    sqlite3 *reader;
    sqlite3_stmt *changes;
    CHECK_CODE(SQLITE_OK, sqlite3_open(":memory:", &reader));
    CHECK_CODE(SQLITE_OK, sqlite3_prepare_v2(reader,
                                             "SELECT value ->> 'marker_id', value ->> 'user_id', value ->> 'undo', "
                                             "value ->> 'message' FROM json_each(?1, '$.changes')",
                                             -1, &changes, NULL));
    CHECK_CODE(SQLITE_OK, sqlite3_bind_text(changes, 1, answer, -1, SQLITE_STATIC));
    int code;
    while ((code = sqlite3_step(changes)) == SQLITE_ROW) {
        const char *columns[4];
        for (int i = 0; i < 4; i++) {
            columns[i] = (const char *)sqlite3_column_text(changes, i);
            CHECK(columns[i] != NULL);
        }
        tell(&(fm_change){.marker_id = columns[0], .user_id = columns[1], .undo = columns[2], .message = columns[3]}, told);
    }
    CHECK_CODE(SQLITE_DONE, code);
    CHECK_CODE(SQLITE_OK, sqlite3_finalize(changes));
    CHECK_CODE(SQLITE_OK, sqlite3_close(reader));
}

// What docs/functions.md asks of a host: begin, call, keep the changes, commit; and after a failure roll back.
static int repair(sqlite3 *db, const char *sql, const char *markers, fm_change_callback tell, void *told, int *is_done,
                  char **message) {
    char *answer = *message = NULL;
    int is_own = sqlite3_get_autocommit(db);
    int code = is_own ? execute(db, "BEGIN IMMEDIATE", message) : SQLITE_OK;
    if (code == SQLITE_OK) {
        code = ask(db, sql, markers, NULL, &answer, message);
        int is_ended = sqlite3_get_autocommit(db);
        if (is_own && code != SQLITE_OK) {
            int is_said = strstr(*message, "SQLite has rolled back the whole transaction") != NULL;
            if (is_said != is_ended) wrong("the transaction has%s ended: %s", is_ended ? "" : " not", *message);
            // Which the host of the case didn't begin.
            sqlite3_free(*message);
            *message = sqlite3_mprintf("%s", sqlite3_errstr(code));
        }
        is_rolled_back |= is_ended;
    }
    if (code == SQLITE_OK) {
        tell_all(answer, tell, told);
        *is_done = strstr(answer, "\"is_done\":true") != NULL;
        if (is_own) code = execute(db, "COMMIT", message);
        is_rolled_back |= code != SQLITE_OK;
    }
    if (is_own && !sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_free(answer);
    return code;
}

int call_repair(sqlite3 *db, fm_change_callback tell, void *told, char **message) {
    int is_done = 1;
    int code = repair(db, "SELECT repair_facilitator_markers()", NULL, tell, told, &is_done, message);
    if (!is_done) wrong("a whole repair isn't done");
    return code;
}

int repair_open(sqlite3 *db, struct repair **repair, char **message) {
    *repair = (struct repair *)db;
    *message = NULL;
    return SQLITE_OK;
}

int repair_next(struct repair *round, int markers, fm_change_callback tell, void *told, char **message) {
    char number[16];
    int is_done = 0;
    snprintf(number, sizeof number, "%d", markers);
    int code = repair((sqlite3 *)round, "SELECT repair_facilitator_markers_step(CAST(?1 AS INTEGER))", number, tell, told,
                      &is_done, message);
    if (code != SQLITE_OK || !is_done) return code;
    int is_finished = !is_rolled_back;
    is_rolled_back = 0;
    return is_finished ? SQLITE_DONE : SQLITE_OK;
}

void repair_close(struct repair *repair) {
    (void)repair;
}

// Reads a table to its end, and counts the rows by their first text where there are names.
static int count_rows(sqlite3 *db, const char *sql, const char *const *names, int64_t *counts, char **message) {
    sqlite3_stmt *statement = NULL;
    *message = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW) break;
        int i = 0;
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        while (names != NULL && names[i] != NULL && strcmp(names[i], name) != 0) i++;
        counts[i]++;
    }
    if (code != SQLITE_DONE) {
        code = sqlite3_extended_errcode(db);
        *message = sqlite3_mprintf("%s", sqlite3_errmsg(db));
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int call_audit(sqlite3 *db, int with_cost, fm_audit_report *report, char **message) {
    static const char *const NAMES[] = {"dated_late", "date_form", "not_verified", "duplicate", "orphan", "not_an_owner",
                                        "dated_early", NULL};
    int64_t counts[LENGTH(NAMES)] = {0};
    const char *sql = with_cost ? "SELECT name, counted, total FROM facilitator_markers_audit"
                                : "SELECT * FROM facilitator_markers_audit";
    int code = count_rows(db, sql, NAMES, counts, message);
    *report = (fm_audit_report){0, counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6]};
    if (counts[LENGTH(NAMES) - 1] != 0) wrong("a finding without a name");
    return code;
}

int call_lists(sqlite3 *db, int *due, int *skipped, char **message) {
    int64_t counts[2] = {0};
    int code = count_rows(db, "SELECT * FROM facilitator_markers_due", NULL, &counts[0], message);
    if (code == SQLITE_OK) code = count_rows(db, "SELECT * FROM facilitator_markers_skipped", NULL, &counts[1], message);
    *due = (int)counts[0];
    *skipped = (int)counts[1];
    return code;
}
