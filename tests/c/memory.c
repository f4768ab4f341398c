// SQLite runs out of memory: at each of its allocations in turn, once or from there on.
//
// A third argument, N, makes it every Nth allocation instead, for tools that slow the program down.

#include "host.h"

static sqlite3_mem_methods real;
// Allocations until one fails; 0: none does.
static long left;
static int goes_on_failing, has_failed;

static int fails(void) {
    if (left > 0 && --left == 0) {
        has_failed = 1;
        if (goes_on_failing) left = 1;
        return 1;
    }
    return 0;
}

static void *failing_malloc(int size) {
    return fails() ? NULL : real.xMalloc(size);
}

static void *failing_realloc(void *memory, int size) {
    return fails() ? NULL : real.xRealloc(memory, size);
}

static int create(sqlite3 *db, char **errmsg) {
    int outcome = 77;
    fm_marker *marker = GARBAGE;
    int code = fm_create_facilitator_marker(db, "Ada", DAY, &outcome, &marker, errmsg);
    CHECK((code == SQLITE_OK) == (marker != NULL) && (code == SQLITE_OK) == (outcome == FM_CREATED));
    fm_marker_free(marker);
    return code;
}

static int ensure(sqlite3 *db, char **errmsg) {
    int outcome = 77;
    fm_marker *marker = GARBAGE;
    int code = fm_ensure_facilitator_marker(db, "ada", &outcome, &marker, errmsg);
    CHECK((code == SQLITE_OK) == (marker != NULL) && (code == SQLITE_OK) == (outcome == FM_CREATED));
    fm_marker_free(marker);
    return code;
}

static int backfill(sqlite3 *db, char **errmsg) {
    return fm_backfill_facilitator_markers(db, NULL, errmsg);
}

static int preview(sqlite3 *db, char **errmsg) {
    return fm_preview_facilitator_markers(db, NULL, NULL, errmsg);
}

static int steps(sqlite3 *db, char **errmsg) {
    fm_backfill *backfill = GARBAGE;
    int code = fm_backfill_open(db, &backfill, errmsg);
    CHECK((code == SQLITE_OK) == (backfill != NULL));
    if (code != SQLITE_OK) return code;
    while ((code = fm_backfill_step(backfill, 1, errmsg)) == SQLITE_OK) {
    }
    if (code != SQLITE_DONE) {
        // The same backfill goes on where it stopped, once there is memory again.
        left = 0;
        if (sqlite3_get_autocommit(db)) {
            int next;
            while ((next = fm_backfill_step(backfill, 1, NULL)) == SQLITE_OK) {
            }
            CHECK_CODE(SQLITE_DONE, next);
            fm_report report;
            CHECK_CODE(SQLITE_OK, fm_backfill_progress(backfill, &report, NULL));
            CHECK(report.owners == 3 && report.created == 2 && report.already_enrolled == 1);
            CHECK(report.ambiguous_users == 1 && report.unknown_users == 1 && report.unreadable_dates == 1);
        }
    }
    fm_backfill_close(backfill);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// What callbacks are told; each has to be there although memory is short.
static int on_due(const fm_due_owner *owner, void *told) {
    CHECK(owner->user_id != NULL && owner->enrollment_date != NULL);
    ++*(int *)told;
    return 0;
}

static int on_skipped(const fm_skipped_owner *owner, void *told) {
    CHECK(owner->reason != NULL && (owner->owner_address == NULL) != (owner->user_id == NULL) && owner->message != NULL);
    ++*(int *)told;
    return 0;
}

static int on_finding(const fm_finding *finding, void *told) {
    CHECK(finding->name != NULL && finding->marker_id != NULL && finding->mend != NULL && finding->message != NULL);
    ++*(int *)told;
    return 0;
}

static int on_change(const fm_change *change, void *told) {
    CHECK(change->marker_id != NULL && change->undo != NULL && change->message != NULL);
    ++*(int *)told;
    return 0;
}

static int due(sqlite3 *db, char **errmsg) {
    int told = 0, code = fm_for_each_due_owner(db, on_due, &told, errmsg);
    CHECK(code != SQLITE_OK || told == 2);
    return code;
}

static int skipped(sqlite3 *db, char **errmsg) {
    int told = 0, code = fm_for_each_skipped_owner(db, on_skipped, &told, errmsg);
    CHECK(code != SQLITE_OK || told == 2);
    return code;
}

// Enrolled's marker, not as the library wrote it.
#define MAKE_WRONG "UPDATE reward_addresses SET created_at = '" LATER "', verification_status = 'pending', verified_at = NULL"

static int is_wrong(sqlite3 *db) {
    return number(db, "SELECT count(*) FROM reward_addresses WHERE created_at = '" LATER
                      "' AND verification_status = 'pending' AND verified_at IS NULL") == 1;
}

static int is_right(sqlite3 *db) {
    return number(db, "SELECT count(*) FROM reward_addresses WHERE created_at = '" DAY
                      "' AND verification_status = 'verified' AND verified_at IS NOT NULL") == 1;
}

static int audit(sqlite3 *db, char **errmsg) {
    int told = 0, code = fm_audit_facilitator_markers(db, 1, on_finding, &told, NULL, errmsg);
    CHECK(code != SQLITE_OK || told == 2);
    return code;
}

static int repair(sqlite3 *db, char **errmsg) {
    int told = 0, code = fm_repair_facilitator_markers(db, on_change, &told, NULL, errmsg);
    CHECK(code != SQLITE_OK || told == 1);
    return code;
}

static int repair_steps(sqlite3 *db, char **errmsg) {
    fm_repair *repair = GARBAGE;
    int was_autocommit = sqlite3_get_autocommit(db);
    int told = 0, code = fm_repair_open(db, &repair, errmsg);
    CHECK((code == SQLITE_OK) == (repair != NULL));
    if (code != SQLITE_OK) return code;
    while ((code = fm_repair_step(repair, 1, on_change, &told, errmsg)) == SQLITE_OK) {
    }
    if (code != SQLITE_DONE) {
        // As in the steps of a backfill.
        left = 0;
        if (sqlite3_get_autocommit(db)) {
            int next;
            while ((next = fm_repair_step(repair, 1, on_change, &told, NULL)) == SQLITE_OK) {
            }
            CHECK_CODE(SQLITE_DONE, next);
            fm_repair_report report;
            CHECK_CODE(SQLITE_OK, fm_repair_progress(repair, &report, NULL));
            CHECK(report.markers == 1 && report.repaired == 1 && report.refused == 0);
            // Where SQLite has rolled back the host's transaction, it undid earlier steps too.
            CHECK(is_right(db) || !was_autocommit);
        }
    }
    CHECK(code != SQLITE_DONE || told == 1);
    fm_repair_close(repair);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

struct call {
    const char *name;
    int (*function)(sqlite3 *, char **);
    // Whether it is made where Enrolled's marker is wrong.
    int of_a_wrong_marker;
};

static const struct call CALLS[] = {
    {"create", create, 0},   {"ensure", ensure, 0},   {"backfill", backfill, 0}, {"preview", preview, 0}, {"steps", steps, 0},
    {"due", due, 0},         {"skipped", skipped, 0}, {"audit", audit, 1},       {"repair", repair, 1},
    {"repair in steps", repair_steps, 1},
};

// Whether there was an nth allocation, and so a failure.
static int with_failure(const struct call *call, long n, int persistent, int in_transaction) {
    sqlite3 *db = host_file("memory");
    if (call->of_a_wrong_marker) run(db, MAKE_WRONG);
    if (in_transaction) {
        run(db, "BEGIN");
        run(db, "UPDATE facilitators SET name = 'changed'");
    }
    sqlite3_int64 before = markers(db);
    CHECK(before == 1);
    char *errmsg = GARBAGE;
    has_failed = 0;
    goes_on_failing = persistent;
    left = n;
    int code = call->function(db, &errmsg);
    left = 0;
    if (code == SQLITE_OK) {
        CHECK(errmsg == NULL);
    } else {
        if (code != SQLITE_NOMEM) {
            fprintf(stderr, "%s, allocation %ld%s%s: %d, %s\n", call->name, n, persistent ? " and on" : "",
                    in_transaction ? ", in a transaction" : "", code, errmsg);
            exit(1);
        }
        CHECK(errmsg != NULL || persistent);
        CHECK(sqlite3_next_stmt(db, NULL) == NULL);
        if (in_transaction && sqlite3_get_autocommit(db) && errmsg != NULL)
            CHECK(strstr(errmsg, "SQLite has rolled back the whole transaction") != NULL);
        if (in_transaction && !sqlite3_get_autocommit(db)) {
            CHECK(markers(db) == before || call->function == steps);
            CHECK(number(db, "SELECT count(*) FROM facilitators WHERE name = 'changed'") > 0);
        }
        if (!in_transaction) CHECK(sqlite3_get_autocommit(db));
        sqlite3_free(errmsg);
    }
    // Each marker is whole.
    if (call->of_a_wrong_marker) CHECK(is_wrong(db) || is_right(db));
    else CHECK(number(db, "SELECT count(*) FROM reward_addresses WHERE created_at <> '" DAY "'") == 0);
    if (!sqlite3_get_autocommit(db)) run(db, "ROLLBACK");
    if (call->of_a_wrong_marker) run(db, MAKE_WRONG);
    run(db, "DELETE FROM reward_addresses WHERE user_id <> 'Enrolled'");
    CHECK_CODE(SQLITE_OK, call->function(db, &errmsg));
    run(db, "DELETE FROM reward_addresses WHERE user_id <> 'Enrolled'");
    host_close(db);
    return has_failed;
}

static void prepare(void) {
    sqlite3 *db = host_file("memory");
    run(db, "PRAGMA journal_mode = DELETE");
    add_owner(db, "Ada");
    add_owner(db, "Ben");
    add_facilitator(db, "gone", "soon");
    add_owner(db, "Enrolled");
    add_user(db, "Pair");
    add_user(db, "pAIR");
    add_facilitator(db, "pair", DAY);
    add_facilitator(db, "gone", DAY);
    CHECK_CODE(SQLITE_OK, fm_create_facilitator_marker(db, "Enrolled", DAY, NULL, NULL, NULL));
    host_close(db);
}

int main(int argc, char **argv) {
    long every = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
    CHECK(every > 0);
    CHECK_CODE(SQLITE_OK, sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real));
    sqlite3_mem_methods failing = real;
    failing.xMalloc = failing_malloc;
    failing.xRealloc = failing_realloc;
    CHECK_CODE(SQLITE_OK, sqlite3_config(SQLITE_CONFIG_MALLOC, &failing));
    CHECK_CODE(SQLITE_OK, sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0));
    host_begin(argc, argv);
    prepare();
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        long total = 0;
        for (int persistent = 0; persistent < 2; persistent++) {
            for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
                long n = 1;
                while (with_failure(&CALLS[i], n, persistent, in_transaction)) {
                    n += every;
                    total++;
                }
                CHECK(n > 100);
            }
        }
        printf("%s: %ld failures\n", CALLS[i].name, total);
    }
    host_end();
    return 0;
}
