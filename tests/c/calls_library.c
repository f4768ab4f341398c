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

int call_repair(sqlite3 *db, fm_change_callback tell, void *told, char **message) {
    return fm_repair_facilitator_markers(db, tell, told, NULL, message);
}

int repair_open(sqlite3 *db, struct repair **repair, char **message) {
    return fm_repair_open(db, (fm_repair **)repair, message);
}

int repair_next(struct repair *repair, int markers, fm_change_callback tell, void *told, char **message) {
    return fm_repair_step((fm_repair *)repair, markers, tell, told, message);
}

void repair_close(struct repair *repair) {
    fm_repair_close((fm_repair *)repair);
}

static int on_finding(const fm_finding *finding, void *nothing) {
    (void)finding, (void)nothing;
    return 0;
}

int call_audit(sqlite3 *db, int with_cost, fm_audit_report *report, char **message) {
    return fm_audit_facilitator_markers(db, with_cost, on_finding, NULL, report, message);
}

static int on_due_owner(const fm_due_owner *owner, void *number) {
    (void)owner;
    ++*(int *)number;
    return 0;
}

static int on_skipped_owner(const fm_skipped_owner *owner, void *number) {
    (void)owner;
    ++*(int *)number;
    return 0;
}

int call_lists(sqlite3 *db, int *due, int *skipped, char **message) {
    *due = *skipped = 0;
    int code = fm_for_each_due_owner(db, on_due_owner, due, message);
    return code == SQLITE_OK ? fm_for_each_skipped_owner(db, on_skipped_owner, skipped, message) : code;
}
