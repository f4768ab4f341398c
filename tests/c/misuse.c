// What a careless caller does: every pointer NULL in turn, no callback, text that isn't UTF-8, steps of no size.

#include <stdint.h>

#include "host.h"

static sqlite3 *db;

// Text that isn't UTF-8: a stray byte, a cut character, an overlong one, half of a surrogate pair, one past
// the last.
static const char *const NOT_UTF8[] = {"\xff", "Ada\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"};

// Nothing of what the call promised to write only on success.
static void check_untouched(int outcome, const fm_marker *marker) {
    CHECK(outcome == 77);
    CHECK(marker == NULL);
}

static void create(void) {
    char *errmsg = GARBAGE;
    fm_marker *marker = GARBAGE;
    int outcome = 77;
    CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(NULL, "Ada", DAY, &outcome, &marker, &errmsg));
    failed(NULL, 0, &errmsg, "db is NULL");
    check_untouched(outcome, marker);
    marker = GARBAGE;
    CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(db, NULL, DAY, &outcome, &marker, &errmsg));
    failed(db, 0, &errmsg, "user_id is NULL");
    check_untouched(outcome, marker);
    marker = GARBAGE;
    CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(db, "Ada", NULL, &outcome, &marker, &errmsg));
    failed(db, 0, &errmsg, "enrollment_date is NULL");
    check_untouched(outcome, marker);
    for (size_t i = 0; i < sizeof NOT_UTF8 / sizeof *NOT_UTF8; i++) {
        marker = GARBAGE;
        CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(db, NOT_UTF8[i], DAY, &outcome, &marker, &errmsg));
        failed(db, 0, &errmsg, "user_id isn't UTF-8");
        check_untouched(outcome, marker);
        CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(db, "Ada", NOT_UTF8[i], &outcome, &marker, &errmsg));
        failed(db, 0, &errmsg, "enrollment_date isn't UTF-8");
        check_untouched(outcome, marker);
    }
    CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(db, "Ada", "yesterday", &outcome, &marker, &errmsg));
    failed(db, 0, &errmsg, "enrollment date \"yesterday\" can't be read");
    check_untouched(outcome, marker);

    CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(NULL, NULL, NULL, NULL, NULL, NULL));
    CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(db, NULL, NULL, NULL, NULL, NULL));
    CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(db, "Ada", "yesterday", NULL, NULL, NULL));
    CHECK(markers(db) == 0);

    errmsg = GARBAGE;
    CHECK_CODE(SQLITE_OK, fm_create_facilitator_marker(db, "Ada", DAY, NULL, &marker, &errmsg));
    CHECK(errmsg == NULL && marker != NULL);
    fm_marker_free(marker);
    CHECK_CODE(SQLITE_OK, fm_create_facilitator_marker(db, "Ada", DAY, &outcome, NULL, &errmsg));
    CHECK(outcome == FM_ALREADY_ENROLLED);
    CHECK_CODE(SQLITE_OK, fm_create_facilitator_marker(db, "Ada", DAY, &outcome, &marker, NULL));
    fm_marker_free(marker);
    CHECK_CODE(SQLITE_OK, fm_create_facilitator_marker(db, "Ada", DAY, NULL, NULL, NULL));
    run(db, "DELETE FROM reward_addresses");
}

static void ensure(void) {
    char *errmsg = GARBAGE;
    fm_marker *marker = GARBAGE;
    int outcome = 77;
    CHECK_CODE(SQLITE_MISUSE, fm_ensure_facilitator_marker(NULL, "Ada", &outcome, &marker, &errmsg));
    failed(NULL, 0, &errmsg, "db is NULL");
    check_untouched(outcome, marker);
    marker = GARBAGE;
    CHECK_CODE(SQLITE_MISUSE, fm_ensure_facilitator_marker(db, NULL, &outcome, &marker, &errmsg));
    failed(db, 0, &errmsg, "user_id is NULL");
    check_untouched(outcome, marker);
    for (size_t i = 0; i < sizeof NOT_UTF8 / sizeof *NOT_UTF8; i++) {
        marker = GARBAGE;
        CHECK_CODE(SQLITE_MISUSE, fm_ensure_facilitator_marker(db, NOT_UTF8[i], &outcome, &marker, &errmsg));
        failed(db, 0, &errmsg, "user_id isn't UTF-8");
        check_untouched(outcome, marker);
    }
    CHECK_CODE(SQLITE_MISUSE, fm_ensure_facilitator_marker(NULL, NULL, NULL, NULL, NULL));
    CHECK_CODE(SQLITE_MISUSE, fm_ensure_facilitator_marker(db, NULL, NULL, NULL, NULL));
    CHECK(markers(db) == 0);

    errmsg = GARBAGE;
    CHECK_CODE(SQLITE_OK, fm_ensure_facilitator_marker(db, "Ada", NULL, &marker, &errmsg));
    CHECK(errmsg == NULL && marker != NULL);
    fm_marker_free(marker);
    CHECK_CODE(SQLITE_OK, fm_ensure_facilitator_marker(db, "Ada", &outcome, NULL, &errmsg));
    CHECK(outcome == FM_ALREADY_ENROLLED);
    CHECK_CODE(SQLITE_OK, fm_ensure_facilitator_marker(db, "Ada", NULL, NULL, NULL));
    run(db, "DELETE FROM reward_addresses");
}

static void in_one_call(int (*call)(sqlite3 *, fm_report *, char **)) {
    char *errmsg = GARBAGE;
    fm_report report;
    memset(&report, 0x5a, sizeof report);
    fm_report before = report;
    CHECK_CODE(SQLITE_MISUSE, call(NULL, &report, &errmsg));
    failed(NULL, 0, &errmsg, "db is NULL");
    CHECK(memcmp(&report, &before, sizeof report) == 0);
    CHECK_CODE(SQLITE_MISUSE, call(NULL, NULL, NULL));
    CHECK(markers(db) == 0);
    CHECK_CODE(SQLITE_OK, call(db, NULL, &errmsg));
    CHECK(errmsg == NULL);
    run(db, "DELETE FROM reward_addresses");
    CHECK_CODE(SQLITE_OK, call(db, &report, NULL));
    CHECK(report.owners == 1 && report.created == 1);
    run(db, "DELETE FROM reward_addresses");
    CHECK_CODE(SQLITE_OK, call(db, NULL, NULL));
    run(db, "DELETE FROM reward_addresses");
}

static int preview(sqlite3 *on, fm_report *report, char **errmsg) {
    char *warning = GARBAGE;
    int code = fm_preview_facilitator_markers(on, report, &warning, errmsg);
    CHECK(warning == NULL);
    return code;
}

static void in_steps(void) {
    char *errmsg = GARBAGE;
    fm_backfill *backfill = GARBAGE;
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_open(NULL, &backfill, &errmsg));
    failed(NULL, 0, &errmsg, "db is NULL");
    CHECK(backfill == NULL);
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_open(db, NULL, &errmsg));
    failed(db, 0, &errmsg, "backfill is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_open(NULL, NULL, NULL));
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_open(db, NULL, NULL));
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_step(NULL, 1, &errmsg));
    failed(db, 0, &errmsg, "backfill is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_step(NULL, 1, NULL));

    CHECK_CODE(SQLITE_OK, fm_backfill_open(db, &backfill, NULL));
    const int64_t sizes[] = {0, -1, INT64_MIN};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK_CODE(SQLITE_MISUSE, fm_backfill_step(backfill, sizes[i], &errmsg));
        failed(db, 0, &errmsg, "pass 1 or more");
        CHECK_CODE(SQLITE_MISUSE, fm_backfill_step(backfill, sizes[i], NULL));
    }
    fm_report report;
    memset(&report, 0x5a, sizeof report);
    fm_report before = report;
    int64_t remaining = 77;
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_progress(NULL, &report, &remaining));
    CHECK(remaining == 77 && memcmp(&report, &before, sizeof report) == 0);
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_progress(NULL, NULL, NULL));
    CHECK_CODE(SQLITE_OK, fm_backfill_progress(backfill, NULL, NULL));
    CHECK_CODE(SQLITE_OK, fm_backfill_progress(backfill, &report, NULL));
    CHECK(report.owners == 0);
    CHECK_CODE(SQLITE_OK, fm_backfill_progress(backfill, NULL, &remaining));
    CHECK(remaining == 1);
    errmsg = GARBAGE;
    int code;
    do {
        code = fm_backfill_step(backfill, INT64_MAX, &errmsg);
        CHECK(errmsg == NULL);
    } while (code == SQLITE_OK);
    CHECK(code == SQLITE_DONE);
    CHECK_CODE(SQLITE_DONE, fm_backfill_step(backfill, 1, NULL));
    fm_backfill_close(backfill);
    fm_backfill_close(NULL);
}

static int on_due(const fm_due_owner *owner, void *context) {
    CHECK(owner != NULL && context == NULL);
    return 0;
}

static int on_skipped(const fm_skipped_owner *owner, void *context) {
    CHECK(owner != NULL && context == NULL);
    return 0;
}

static int on_finding(const fm_finding *finding, void *context) {
    CHECK(finding != NULL && context == NULL);
    return 0;
}

static int on_change(const fm_change *change, void *context) {
    CHECK(change != NULL && context == NULL);
    return 0;
}

static void lists(void) {
    char *errmsg = GARBAGE;
    CHECK_CODE(SQLITE_MISUSE, fm_for_each_due_owner(NULL, on_due, NULL, &errmsg));
    failed(NULL, 0, &errmsg, "db is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_for_each_due_owner(db, NULL, &errmsg, &errmsg));
    failed(db, 0, &errmsg, "callback is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_for_each_due_owner(NULL, NULL, NULL, NULL));
    CHECK_CODE(SQLITE_OK, fm_for_each_due_owner(db, on_due, NULL, &errmsg));
    CHECK(errmsg == NULL);
    CHECK_CODE(SQLITE_OK, fm_for_each_due_owner(db, on_due, NULL, NULL));

    errmsg = GARBAGE;
    CHECK_CODE(SQLITE_MISUSE, fm_for_each_skipped_owner(NULL, on_skipped, NULL, &errmsg));
    failed(NULL, 0, &errmsg, "db is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_for_each_skipped_owner(db, NULL, &errmsg, &errmsg));
    failed(db, 0, &errmsg, "callback is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_for_each_skipped_owner(NULL, NULL, NULL, NULL));
    CHECK_CODE(SQLITE_OK, fm_for_each_skipped_owner(db, on_skipped, NULL, &errmsg));
    CHECK(errmsg == NULL);
    CHECK_CODE(SQLITE_OK, fm_for_each_skipped_owner(db, on_skipped, NULL, NULL));
}

static void audit(void) {
    char *errmsg = GARBAGE;
    fm_audit_report report;
    memset(&report, 0x5a, sizeof report);
    fm_audit_report before = report;
    CHECK_CODE(SQLITE_MISUSE, fm_audit_facilitator_markers(NULL, 0, on_finding, NULL, &report, &errmsg));
    failed(NULL, 0, &errmsg, "db is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_audit_facilitator_markers(db, 0, NULL, NULL, &report, &errmsg));
    failed(db, 0, &errmsg, "callback is NULL");
    CHECK(memcmp(&report, &before, sizeof report) == 0);
    CHECK_CODE(SQLITE_MISUSE, fm_audit_facilitator_markers(NULL, 0, NULL, NULL, NULL, NULL));
    CHECK_CODE(SQLITE_OK, fm_audit_facilitator_markers(db, 0, on_finding, NULL, NULL, &errmsg));
    CHECK(errmsg == NULL);
    CHECK_CODE(SQLITE_OK, fm_audit_facilitator_markers(db, 0, on_finding, NULL, &report, NULL));
    CHECK(report.markers == 1 && report.dated_late == 1);
    CHECK_CODE(SQLITE_OK, fm_audit_facilitator_markers(db, 0, on_finding, NULL, NULL, NULL));
}

static void repair(void) {
    char *errmsg = GARBAGE;
    fm_repair_report report;
    memset(&report, 0x5a, sizeof report);
    fm_repair_report before = report;
    CHECK_CODE(SQLITE_MISUSE, fm_repair_facilitator_markers(NULL, on_change, NULL, &report, &errmsg));
    failed(NULL, 0, &errmsg, "db is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_repair_facilitator_markers(db, NULL, NULL, &report, &errmsg));
    failed(db, 0, &errmsg, "callback is NULL");
    CHECK(memcmp(&report, &before, sizeof report) == 0);
    CHECK_CODE(SQLITE_MISUSE, fm_repair_facilitator_markers(NULL, NULL, NULL, NULL, NULL));
    CHECK(markers_dated(db, LATER) == 1);
    CHECK_CODE(SQLITE_OK, fm_repair_facilitator_markers(db, on_change, NULL, NULL, &errmsg));
    CHECK(errmsg == NULL);
    CHECK_CODE(SQLITE_OK, fm_repair_facilitator_markers(db, on_change, NULL, &report, NULL));
    CHECK(report.markers == 1 && report.repaired == 0);
    CHECK_CODE(SQLITE_OK, fm_repair_facilitator_markers(db, on_change, NULL, NULL, NULL));
}

static void repair_in_steps(void) {
    char *errmsg = GARBAGE;
    fm_repair *repair = GARBAGE;
    CHECK_CODE(SQLITE_MISUSE, fm_repair_open(NULL, &repair, &errmsg));
    failed(NULL, 0, &errmsg, "db is NULL");
    CHECK(repair == NULL);
    CHECK_CODE(SQLITE_MISUSE, fm_repair_open(db, NULL, &errmsg));
    failed(db, 0, &errmsg, "repair is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_repair_open(NULL, NULL, NULL));
    CHECK_CODE(SQLITE_MISUSE, fm_repair_step(NULL, 1, on_change, NULL, &errmsg));
    failed(db, 0, &errmsg, "repair is NULL");
    CHECK_CODE(SQLITE_MISUSE, fm_repair_step(NULL, 1, NULL, NULL, NULL));

    CHECK_CODE(SQLITE_OK, fm_repair_open(db, &repair, NULL));
    const int64_t sizes[] = {0, -1, INT64_MIN};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK_CODE(SQLITE_MISUSE, fm_repair_step(repair, sizes[i], on_change, NULL, &errmsg));
        failed(db, 0, &errmsg, "pass 1 or more");
        CHECK_CODE(SQLITE_MISUSE, fm_repair_step(repair, sizes[i], on_change, NULL, NULL));
    }
    CHECK_CODE(SQLITE_MISUSE, fm_repair_step(repair, 1, NULL, NULL, &errmsg));
    failed(db, 0, &errmsg, "callback is NULL");
    fm_repair_report report;
    memset(&report, 0x5a, sizeof report);
    fm_repair_report before = report;
    int is_done = 77;
    CHECK_CODE(SQLITE_MISUSE, fm_repair_progress(NULL, &report, &is_done));
    CHECK(is_done == 77 && memcmp(&report, &before, sizeof report) == 0);
    CHECK_CODE(SQLITE_MISUSE, fm_repair_progress(NULL, NULL, NULL));
    CHECK_CODE(SQLITE_OK, fm_repair_progress(repair, NULL, NULL));
    CHECK_CODE(SQLITE_OK, fm_repair_progress(repair, &report, NULL));
    CHECK(report.markers == 0 && report.repaired == 0 && report.refused == 0);
    CHECK_CODE(SQLITE_OK, fm_repair_progress(repair, NULL, &is_done));
    CHECK(is_done == 0);
    errmsg = GARBAGE;
    int code;
    do {
        code = fm_repair_step(repair, INT64_MAX, on_change, NULL, &errmsg);
        CHECK(errmsg == NULL);
    } while (code == SQLITE_OK);
    CHECK(code == SQLITE_DONE);
    CHECK_CODE(SQLITE_DONE, fm_repair_step(repair, 1, on_change, NULL, NULL));
    fm_repair_close(repair);
    fm_repair_close(NULL);
}

static void no_marker(void) {
    CHECK(fm_marker_id(NULL) == NULL);
    CHECK(fm_marker_user_id(NULL) == NULL);
    CHECK(fm_marker_address(NULL) == NULL);
    CHECK(fm_marker_verification_status(NULL) == NULL);
    CHECK(fm_marker_verified_at(NULL) == NULL);
    CHECK(fm_marker_created_at(NULL) == NULL);
    fm_marker_free(NULL);
}

static void copies_of_sqlite(void) {
    char *errmsg = GARBAGE;
    CHECK_CODE(SQLITE_MISUSE, fm_check_sqlite(NULL, &errmsg));
    failed(NULL, 0, &errmsg, "pass sqlite3_libversion()");
    CHECK_CODE(SQLITE_MISUSE, fm_check_sqlite(NULL, NULL));
    // The same version, but not the same text: it can only be another copy's.
    char version[32];
    CHECK(strlen(sqlite3_libversion()) < sizeof version);
    strcpy(version, sqlite3_libversion());
    CHECK_CODE(SQLITE_ERROR, fm_check_sqlite(version, &errmsg));
    failed(NULL, 0, &errmsg, "the program runs on one copy of SQLite");
    CHECK_CODE(SQLITE_ERROR, fm_check_sqlite(version, NULL));
    CHECK_CODE(SQLITE_OK, fm_check_sqlite(sqlite3_libversion(), &errmsg));
    CHECK(errmsg == NULL);
    CHECK_CODE(SQLITE_OK, fm_check_sqlite(sqlite3_libversion(), NULL));
    CHECK(fm_version() != NULL && strchr(fm_version(), '.') != NULL);
}

// A handle that sqlite3_open() left behind when it failed is good for sqlite3_close() only.
static void a_handle_that_never_opened(void) {
    sqlite3 *sick = NULL;
    CHECK(sqlite3_open("/no/such/folder/host.db", &sick) != SQLITE_OK);
    CHECK(sick != NULL);
    char *errmsg = NULL;
    fm_backfill *backfill = GARBAGE;
    int code = fm_ensure_facilitator_marker(sick, "Ada", NULL, NULL, &errmsg);
    CHECK(code != SQLITE_OK);
    failed(NULL, 0, &errmsg, "failed");
    CHECK(fm_backfill_open(sick, &backfill, NULL) != SQLITE_OK);
    CHECK(backfill == NULL);
    CHECK(fm_backfill_facilitator_markers(sick, NULL, NULL) != SQLITE_OK);
    CHECK(fm_for_each_due_owner(sick, on_due, NULL, NULL) != SQLITE_OK);
    CHECK(fm_for_each_skipped_owner(sick, on_skipped, NULL, NULL) != SQLITE_OK);
    CHECK(fm_audit_facilitator_markers(sick, 0, on_finding, NULL, NULL, NULL) != SQLITE_OK);
    CHECK(fm_repair_facilitator_markers(sick, on_change, NULL, NULL, NULL) != SQLITE_OK);
    fm_repair *repair = GARBAGE;
    CHECK(fm_repair_open(sick, &repair, NULL) != SQLITE_OK);
    CHECK(repair == NULL);
    host_close(sick);
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    db = host_in_memory();
    add_owner(db, "Ada");
    create();
    ensure();
    in_one_call(fm_backfill_facilitator_markers);
    in_one_call(preview);
    in_steps();
    run(db, "UPDATE reward_addresses SET created_at = '" LATER "'");
    lists();
    audit();
    repair();
    run(db, "UPDATE reward_addresses SET created_at = '" LATER "'");
    repair_in_steps();
    no_marker();
    copies_of_sqlite();
    a_handle_that_never_opened();
    host_close(db);
    host_end();
    return 0;
}
