// A program that was compiled with the header of 0.1.0, as the compiler sees it: what is here never changes as long as the
// version begins with 0.1. A test compiles it, and nothing but a new such version changes it.

#include <stddef.h>

#include "host.h"

_Static_assert(FM_VERSION_NUMBER >= 1000 && FM_VERSION_NUMBER < 2000, "another version has another file like this");

_Static_assert(FM_CREATED == 1, "outcome");
_Static_assert(FM_ALREADY_ENROLLED == 2, "outcome");
_Static_assert(FM_UNKNOWN_USER == 3, "outcome");
_Static_assert(FM_NOT_AN_OWNER == 4, "outcome");
_Static_assert(FM_AMBIGUOUS_USER == 5, "outcome");
_Static_assert(FM_UNREADABLE_DATE == 6, "outcome");

#define MEMBER(type, place, name)                                                         \
    _Static_assert(offsetof(type, name) == (place) * sizeof(int64_t), "member");             \
    _Static_assert(sizeof(((type *)0)->name) == sizeof(int64_t), "member")
MEMBER(fm_report, 0, owners);
MEMBER(fm_report, 1, created);
MEMBER(fm_report, 2, already_enrolled);
MEMBER(fm_report, 3, unreadable_date);
MEMBER(fm_report, 4, refused);
MEMBER(fm_report, 5, unknown_users);
MEMBER(fm_report, 6, ambiguous_users);
MEMBER(fm_report, 7, unreadable_dates);
_Static_assert(sizeof(fm_report) == 8 * sizeof(int64_t), "the caller makes room for it");

MEMBER(fm_audit_report, 0, markers);
MEMBER(fm_audit_report, 1, dated_late);
MEMBER(fm_audit_report, 2, date_form);
MEMBER(fm_audit_report, 3, not_verified);
MEMBER(fm_audit_report, 4, duplicate);
MEMBER(fm_audit_report, 5, orphan);
MEMBER(fm_audit_report, 6, not_an_owner);
MEMBER(fm_audit_report, 7, dated_early);
_Static_assert(sizeof(fm_audit_report) == 8 * sizeof(int64_t), "the caller makes room for it");
MEMBER(fm_repair_report, 0, markers);
MEMBER(fm_repair_report, 1, repaired);
MEMBER(fm_repair_report, 2, refused);
_Static_assert(sizeof(fm_repair_report) == 3 * sizeof(int64_t), "the caller makes room for it");

// The library makes room for what callbacks are told, and may add members at the end.
#define TEXT_OF(type, place, name)                                                           \
    _Static_assert(offsetof(type, name) == (place) * sizeof(char *), "member")
TEXT_OF(fm_due_owner, 0, user_id);
TEXT_OF(fm_due_owner, 1, enrollment_date);
TEXT_OF(fm_due_owner, 2, is_to_come);
_Static_assert(sizeof(((fm_due_owner *)0)->is_to_come) == sizeof(int), "member");
TEXT_OF(fm_skipped_owner, 0, reason);
TEXT_OF(fm_skipped_owner, 1, owner_address);
TEXT_OF(fm_skipped_owner, 2, user_id);
TEXT_OF(fm_skipped_owner, 3, message);
TEXT_OF(fm_finding, 0, name);
TEXT_OF(fm_finding, 1, marker_id);
TEXT_OF(fm_finding, 2, user_id);
TEXT_OF(fm_finding, 3, address);
TEXT_OF(fm_finding, 4, verification_status);
TEXT_OF(fm_finding, 5, verified_at);
TEXT_OF(fm_finding, 6, created_at);
TEXT_OF(fm_finding, 7, enrollment_date);
TEXT_OF(fm_finding, 8, other_marker_id);
TEXT_OF(fm_finding, 9, same_fold);
TEXT_OF(fm_finding, 10, mend);
TEXT_OF(fm_finding, 11, column);
TEXT_OF(fm_finding, 12, value);
TEXT_OF(fm_finding, 13, statement);
TEXT_OF(fm_finding, 14, message);
TEXT_OF(fm_finding, 15, counted);
TEXT_OF(fm_finding, 16, total);
TEXT_OF(fm_finding, 17, unreadable_amounts);
_Static_assert(sizeof(((fm_finding *)0)->unreadable_amounts) == sizeof(int64_t), "member");
TEXT_OF(fm_change, 0, marker_id);
TEXT_OF(fm_change, 1, user_id);
TEXT_OF(fm_change, 2, created_at_old);
TEXT_OF(fm_change, 3, created_at_new);
TEXT_OF(fm_change, 4, verification_status_old);
TEXT_OF(fm_change, 5, verification_status_new);
TEXT_OF(fm_change, 6, verified_at_old);
TEXT_OF(fm_change, 7, verified_at_new);
TEXT_OF(fm_change, 8, undo);
TEXT_OF(fm_change, 9, message);

static const char *(*const version)(void) = fm_version;
static int (*const check_sqlite)(const char *, char **) = fm_check_sqlite;
static int (*const create)(sqlite3 *, const char *, const char *, int *, fm_marker **, char **) =
    fm_create_facilitator_marker;
static int (*const ensure)(sqlite3 *, const char *, int *, fm_marker **, char **) = fm_ensure_facilitator_marker;
static const char *(*const texts[])(const fm_marker *) = {
    fm_marker_id,         fm_marker_user_id,    fm_marker_address, fm_marker_verification_status,
    fm_marker_verified_at, fm_marker_created_at,
};
static void (*const marker_free)(fm_marker *) = fm_marker_free;
static int (*const backfill)(sqlite3 *, fm_report *, char **) = fm_backfill_facilitator_markers;
static int (*const preview)(sqlite3 *, fm_report *, char **, char **) = fm_preview_facilitator_markers;
static int (*const backfill_open)(sqlite3 *, fm_backfill **, char **) = fm_backfill_open;
static int (*const backfill_step)(fm_backfill *, int64_t, char **) = fm_backfill_step;
static int (*const backfill_progress)(const fm_backfill *, fm_report *, int64_t *) = fm_backfill_progress;
static void (*const backfill_close)(fm_backfill *) = fm_backfill_close;

static int (*const due)(sqlite3 *, int (*)(const fm_due_owner *, void *), void *, char **) = fm_for_each_due_owner;
static int (*const skipped)(sqlite3 *, int (*)(const fm_skipped_owner *, void *), void *, char **) =
    fm_for_each_skipped_owner;
static int (*const audit)(sqlite3 *, int, int (*)(const fm_finding *, void *), void *, fm_audit_report *, char **) =
    fm_audit_facilitator_markers;
static int (*const repair)(sqlite3 *, int (*)(const fm_change *, void *), void *, fm_repair_report *, char **) =
    fm_repair_facilitator_markers;
static int (*const repair_open)(sqlite3 *, fm_repair **, char **) = fm_repair_open;
static int (*const repair_step)(fm_repair *, int64_t, int (*)(const fm_change *, void *), void *, char **) = fm_repair_step;
static int (*const repair_progress)(const fm_repair *, fm_repair_report *, int *) = fm_repair_progress;
static void (*const repair_close)(fm_repair *) = fm_repair_close;

static int on_due(const fm_due_owner *owner, void *told) {
    CHECK_TEXT("Ada", owner->user_id);
    return ++*(int *)told, 0;
}

static int on_skipped(const fm_skipped_owner *owner, void *told) {
    CHECK_TEXT("gone", owner->owner_address);
    return ++*(int *)told, 0;
}

static int on_finding(const fm_finding *finding, void *told) {
    CHECK_TEXT("dated_late", finding->name);
    return ++*(int *)told, 0;
}

static int on_change(const fm_change *change, void *told) {
    CHECK_TEXT("Ada", change->user_id);
    return ++*(int *)told, 0;
}

// What callbacks are told, on a database where Ada is due and an address is nobody's.
static void with_callbacks(void) {
    sqlite3 *db = host_in_memory();
    fm_audit_report found;
    fm_repair_report done;
    fm_repair *steps;
    int told = 0, is_done;
    add_owner(db, "Ada");
    add_facilitator(db, "gone", DAY);
    CHECK_CODE(SQLITE_OK, due(db, on_due, &told, NULL));
    CHECK_CODE(SQLITE_OK, skipped(db, on_skipped, &told, NULL));
    CHECK_CODE(SQLITE_OK, create(db, "Ada", LATER, NULL, NULL, NULL));
    CHECK_CODE(SQLITE_OK, audit(db, 0, on_finding, &told, &found, NULL));
    CHECK(found.markers == 1 && found.dated_late == 1 && told == 3);
    CHECK_CODE(SQLITE_OK, repair_open(db, &steps, NULL));
    CHECK_CODE(SQLITE_DONE, repair_step(steps, 1000, on_change, &told, NULL));
    CHECK_CODE(SQLITE_OK, repair_progress(steps, &done, &is_done));
    CHECK(done.repaired == 1 && is_done == 1 && told == 4);
    repair_close(steps);
    CHECK_CODE(SQLITE_OK, repair(db, on_change, &told, &done, NULL));
    CHECK(done.markers == 1 && done.repaired == 0 && told == 4);
    host_close(db);
}

// The versions say the same of the header and of the library.
static void versions(void) {
    int first, second, third;
    CHECK_TEXT(FM_VERSION, version());
    CHECK(sscanf(FM_VERSION, "%d.%d.%d", &first, &second, &third) == 3);
    CHECK(FM_VERSION_NUMBER == first * 1000000 + second * 1000 + third);
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    versions();
    sqlite3 *db = host_in_memory();
    fm_report report;
    fm_marker *marker;
    fm_backfill *steps;
    CHECK_CODE(SQLITE_OK, check_sqlite(sqlite3_libversion(), NULL));
    add_owner(db, "Ada");
    CHECK_CODE(SQLITE_OK, preview(db, &report, NULL, NULL));
    CHECK_CODE(SQLITE_OK, ensure(db, "Ada", NULL, &marker, NULL));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CHECK(texts[i](marker) != NULL);
    marker_free(marker);
    CHECK_CODE(SQLITE_OK, create(db, "Ada", DAY, NULL, NULL, NULL));
    CHECK_CODE(SQLITE_OK, backfill(db, &report, NULL));
    CHECK_CODE(SQLITE_OK, backfill_open(db, &steps, NULL));
    CHECK_CODE(SQLITE_DONE, backfill_step(steps, 1000, NULL));
    CHECK_CODE(SQLITE_OK, backfill_progress(steps, &report, NULL));
    CHECK(report.owners == 1 && report.already_enrolled == 1);
    backfill_close(steps);
    host_close(db);
    with_callbacks();
    host_end();
    return 0;
}
