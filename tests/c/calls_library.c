// See calls.h.

#include "calls.h"

#include <stddef.h>

const char *const CALLS = "C library";
const int CALLS_REPORT = 1;

void calls_connect(sqlite3 *db, const char *extension) {
    (void)db, (void)extension;
}

int call_create(sqlite3 *db, const char *user_id, const char *date, int *outcome, char **message) {
    fm_marker *marker;
    int code = fm_create_facilitator_marker(db, user_id, date, outcome, &marker, message);
    fm_marker_free(marker);
    return code;
}

int call_ensure(sqlite3 *db, const char *user_id, int *outcome, char **message) {
    fm_marker *marker;
    int code = fm_ensure_facilitator_marker(db, user_id, outcome, &marker, message);
    fm_marker_free(marker);
    return code;
}

int call_backfill(sqlite3 *db, char **message) {
    return fm_backfill_facilitator_markers(db, NULL, message);
}

int call_preview(sqlite3 *db, fm_report *report, char **message) {
    char *warning;
    int code = fm_preview_facilitator_markers(db, report, &warning, message);
    sqlite3_free(warning);
    return code;
}

int steps_open(sqlite3 *db, struct steps **steps, char **message) {
    return fm_backfill_open(db, (fm_backfill **)steps, message);
}

int steps_next(struct steps *steps, int owners, char **message) {
    return fm_backfill_step((fm_backfill *)steps, owners, message);
}

void steps_report(const struct steps *steps, fm_report *report) {
    fm_backfill_progress((const fm_backfill *)steps, report, NULL);
}

void steps_close(struct steps *steps) {
    fm_backfill_close((fm_backfill *)steps);
}
