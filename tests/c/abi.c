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

#define MEMBER(place, name)                                                                  \
    _Static_assert(offsetof(fm_report, name) == (place) * sizeof(int64_t), "member");        \
    _Static_assert(sizeof(((fm_report *)0)->name) == sizeof(int64_t), "member")
MEMBER(0, owners);
MEMBER(1, created);
MEMBER(2, already_enrolled);
MEMBER(3, unreadable_date);
MEMBER(4, refused);
MEMBER(5, unknown_users);
MEMBER(6, ambiguous_users);
MEMBER(7, unreadable_dates);
_Static_assert(sizeof(fm_report) == 8 * sizeof(int64_t), "the caller makes room for it");

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
    host_end();
    return 0;
}
