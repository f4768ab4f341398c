// What a server does when it starts, and when a user adds a facilitator: ./enroll DATABASE [USER_ID]
//
// With a USER_ID it enrolls this owner; without one, every owner, in steps between which a server serves its
// clients.

#include <facilitator_markers.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

enum { OWNERS_PER_STEP = 500 };

// Says what failed and gives back the code, for which a program decides.
static int complain(int code, char *errmsg) {
    fprintf(stderr, "error: %s (%s)\n", errmsg ? errmsg : "no memory for the reason", sqlite3_errstr(code));
    sqlite3_free(errmsg);
    return code;
}

static int ensure(sqlite3 *db, const char *user_id) {
    int outcome;
    fm_marker *marker;
    char *errmsg;
    int code = fm_ensure_facilitator_marker(db, user_id, &outcome, &marker, &errmsg);
    if (code != SQLITE_OK) return complain(code, errmsg);
    switch (outcome) {
    case FM_CREATED:
        printf("%s is enrolled now, since %s\n", fm_marker_user_id(marker), fm_marker_created_at(marker));
        break;
    case FM_ALREADY_ENROLLED:
        printf("%s was enrolled, since %s\n", fm_marker_user_id(marker), fm_marker_created_at(marker));
        break;
    case FM_UNKNOWN_USER:
        printf("%s is not enrolled: no user has this id\n", user_id);
        break;
    case FM_NOT_AN_OWNER:
        printf("%s is not enrolled: no facilitator belongs to this user\n", user_id);
        break;
    case FM_AMBIGUOUS_USER:
        printf("%s is not enrolled: several users have ids that differ from this in case only\n", user_id);
        break;
    case FM_UNREADABLE_DATE:
        printf("%s is not enrolled: a facilitator of this user has a date that can't be read\n", user_id);
        break;
    }
    fm_marker_free(marker);
    return SQLITE_OK;
}

static void print_report(const fm_report *report) {
    printf("%" PRId64 " owners: %" PRId64 " enrolled now, %" PRId64 " enrolled before, %" PRId64
           " with a date that can't be read, %" PRId64 " refused\n",
           report->owners, report->created, report->already_enrolled, report->unreadable_date, report->refused);
    printf("%" PRId64 " addresses mean no user, %" PRId64 " could mean several; %" PRId64
           " facilitators have a date that can't be read\n",
           report->unknown_users, report->ambiguous_users, report->unreadable_dates);
}

static int backfill(sqlite3 *db) {
    fm_backfill *backfill;
    char *errmsg;
    int code = fm_backfill_open(db, &backfill, &errmsg);
    if (code != SQLITE_OK) return complain(code, errmsg);
    fm_report report;
    int64_t remaining;
    while ((code = fm_backfill_step(backfill, OWNERS_PER_STEP, &errmsg)) == SQLITE_OK) {
        fm_backfill_progress(backfill, &report, &remaining);
        printf("%" PRId64 " owners visited, at most %" PRId64 " to go\n", report.owners, remaining);
        // A server serves its clients here.
    }
    // The counts are there in any case: refused markers are reported when all other owners have been visited.
    if (fm_backfill_progress(backfill, &report, &remaining) == SQLITE_OK) print_report(&report);
    fm_backfill_close(backfill);
    return code == SQLITE_DONE ? SQLITE_OK : complain(code, errmsg);
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s DATABASE [USER_ID]\n", argv[0]);
        return 2;
    }
    char *errmsg;
    if (fm_check_sqlite(sqlite3_libversion(), &errmsg) != SQLITE_OK) {
        fprintf(stderr, "error: %s\n", errmsg ? errmsg : "two copies of SQLite");
        return 1;
    }
    sqlite3 *db;
    int code = sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(db, 5000);
        code = argc == 3 ? ensure(db, argv[2]) : backfill(db);
    } else {
        fprintf(stderr, "error: %s can't be opened: %s\n", argv[1], sqlite3_errstr(code));
    }
    int closed = sqlite3_close(db);
    return code == SQLITE_OK && closed == SQLITE_OK ? 0 : 1;
}
