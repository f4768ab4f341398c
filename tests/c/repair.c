// The repair, in one call and in steps.

#include "host.h"

enum { MARKERS = 40 };

// What a callback is to do, and how often it was called.
struct listener {
    int calls;
    // The call that returns 7 instead of 0.
    int stop_at;
    fm_repair *repair;
};

static int on_change(const fm_change *change, void *context) {
    struct listener *listener = context;
    CHECK(change->marker_id != NULL && change->user_id != NULL && change->undo != NULL && change->message != NULL);
    CHECK((change->created_at_old == NULL) == (change->created_at_new == NULL));
    return ++listener->calls == listener->stop_at ? 7 : 0;
}

// Markers that are dated late.
static void fill(sqlite3 *db) {
    char id[16];
    for (int i = 0; i < MARKERS; i++) {
        snprintf(id, sizeof id, "Owner%02d", i);
        add_owner(db, id);
        add_marker(db, id, id, LATER, DAY);
    }
}

static sqlite3 *with_late_markers(void) {
    sqlite3 *db = host_in_memory();
    fill(db);
    return db;
}

static fm_repair *opened(sqlite3 *db) {
    fm_repair *repair = NULL;
    CHECK_CODE(SQLITE_OK, fm_repair_open(db, &repair, NULL));
    CHECK(repair != NULL);
    return repair;
}

// Steps until one answers something else than that there is more to do.
static int step_on(fm_repair *repair, int64_t size, struct listener *listener, char **errmsg) {
    int code;
    while ((code = fm_repair_step(repair, size, on_change, listener, errmsg)) == SQLITE_OK) {
    }
    return code;
}

static fm_repair_report report_of(const fm_repair *repair, int expected_is_done) {
    fm_repair_report report;
    int is_done = 77;
    CHECK_CODE(SQLITE_OK, fm_repair_progress(repair, &report, &is_done));
    CHECK(is_done == expected_is_done);
    return report;
}

static char *undo[2];

static int on_each_change(const fm_change *change, void *seen) {
    int is_late = strcmp(change->user_id, "Late") == 0;
    CHECK_TEXT(is_late ? "it's" : "m2", change->marker_id);
    if (is_late) {
        CHECK_TEXT("'" LATER "'", change->created_at_old);
        CHECK_TEXT("'" DAY "'", change->created_at_new);
        CHECK(change->verification_status_old == NULL && change->verification_status_new == NULL);
        CHECK(change->verified_at_old == NULL && change->verified_at_new == NULL);
    } else {
        CHECK(change->created_at_old == NULL && change->created_at_new == NULL);
        CHECK_TEXT("'pending'", change->verification_status_old);
        CHECK_TEXT("'verified'", change->verification_status_new);
        CHECK_TEXT("NULL", change->verified_at_old);
        CHECK(strlen(change->verified_at_new) == strlen("'" DAY "'"));
    }
    CHECK(strstr(change->message, "now has the ") != NULL);
    undo[(*(int *)seen)++] = sqlite3_mprintf("%s", change->undo);
    return 0;
}

static void each_change_is_told_with_what_undoes_it(void) {
    sqlite3 *db = host_in_memory();
    add_owner(db, "Late");
    add_owner(db, "Pending");
    add_owner(db, "Right");
    add_marker(db, "it's", "Late", LATER, DAY);
    add_marker(db, "m2", "Pending", DAY, NULL);
    add_marker(db, "m3", "Right", DAY, DAY);
    int seen = 0;
    fm_repair_report report;
    char *errmsg = GARBAGE;
    CHECK_CODE(SQLITE_OK, fm_repair_facilitator_markers(db, on_each_change, &seen, &report, &errmsg));
    CHECK(errmsg == NULL && seen == 2 && report.markers == 3 && report.repaired == 2 && report.refused == 0);
    CHECK(sqlite3_next_stmt(db, NULL) == NULL && sqlite3_get_autocommit(db));
    CHECK(markers_dated(db, DAY) == 3 && number(db, "SELECT count(verified_at) FROM reward_addresses") == 3);
    // A second one only reads.
    run(db, "PRAGMA query_only = ON");
    struct listener second = {.calls = 0};
    CHECK_CODE(SQLITE_OK, fm_repair_facilitator_markers(db, on_change, &second, NULL, NULL));
    CHECK(second.calls == 0);
    run(db, "PRAGMA query_only = OFF");
    for (int i = 0; i < 2; i++) {
        run(db, undo[i]);
        CHECK(sqlite3_changes(db) == 1);
        sqlite3_free(undo[i]);
    }
    CHECK(markers_dated(db, LATER) == 1 && number(db, "SELECT count(verified_at) FROM reward_addresses") == 2);
    host_close(db);
}

// Of what a callback ends nothing is committed, be it told of one change or of all.
static void a_callback_ends_the_call(void) {
    for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
        sqlite3 *db = with_late_markers();
        run(db, "CREATE TABLE mine(x)");
        for (int stop_at = 1; stop_at <= MARKERS; stop_at += MARKERS - 1) {
            if (in_transaction) run(db, "BEGIN; INSERT INTO mine VALUES (1)");
            struct listener listener = {.stop_at = stop_at};
            fm_repair_report report;
            memset(&report, 0x5a, sizeof report);
            fm_repair_report before = report;
            char *errmsg = GARBAGE;
            CHECK_CODE(SQLITE_ABORT, fm_repair_facilitator_markers(db, on_change, &listener, &report, &errmsg));
            failed(db, in_transaction, &errmsg, "telling the callback failed: it returned 7");
            CHECK(memcmp(&report, &before, sizeof report) == 0);
            CHECK(listener.calls == stop_at && markers_dated(db, LATER) == MARKERS);
            if (in_transaction) {
                // The host's own work stays.
                CHECK(number(db, "SELECT count(*) FROM mine") == 1);
                run(db, "ROLLBACK");
            }
            CHECK_CODE(SQLITE_ABORT,
                       fm_repair_facilitator_markers(db, on_change, &(struct listener){.stop_at = stop_at}, NULL, NULL));
        }
        CHECK_CODE(SQLITE_OK, fm_repair_facilitator_markers(db, on_change, &(struct listener){.calls = 0}, NULL, NULL));
        CHECK(markers_dated(db, DAY) == MARKERS);
        host_close(db);
    }
}

// Each step is whole, and leaves nothing open; one that the callback ends is undone, and taken again.
static void in_steps(void) {
    for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
        sqlite3 *db = with_late_markers();
        if (in_transaction) run(db, "BEGIN");
        fm_repair *repair = opened(db);
        struct listener listener = {.calls = 0};
        int64_t repaired = 0;
        int code, steps = 0;
        do {
            listener.stop_at = listener.calls + 1;
            char *errmsg = GARBAGE;
            code = fm_repair_step(repair, 3, on_change, &listener, &errmsg);
            if (code == SQLITE_ABORT) {
                failed(db, in_transaction, &errmsg, "it returned 7");
                CHECK(markers_dated(db, DAY) == repaired && report_of(repair, 0).repaired == repaired);
                listener.stop_at = 0;
                code = fm_repair_step(repair, 3, on_change, &listener, &errmsg);
                steps++;
            }
            CHECK(errmsg == NULL);
            CHECK(sqlite3_next_stmt(db, NULL) == NULL && sqlite3_get_autocommit(db) == !in_transaction);
            repaired = report_of(repair, code == SQLITE_DONE).repaired;
            CHECK(markers_dated(db, DAY) == repaired && markers(db) == MARKERS);
        } while (code == SQLITE_OK);
        CHECK_CODE(SQLITE_DONE, code);
        CHECK(steps >= MARKERS / 3);
        fm_repair_report report = report_of(repair, 1);
        CHECK(report.markers == MARKERS && report.repaired == MARKERS && report.refused == 0);
        CHECK_CODE(SQLITE_DONE, fm_repair_step(repair, 1, on_change, &listener, NULL));
        fm_repair_close(repair);
        if (in_transaction) {
            run(db, "ROLLBACK");
            CHECK(markers_dated(db, LATER) == MARKERS);
        }
        host_close(db);
    }
}

// What was committed stays, and the next repair does the rest.
static void closed_halfway(void) {
    sqlite3 *db = with_late_markers();
    fm_repair *repair = opened(db);
    struct listener listener = {.calls = 0};
    while (markers_dated(db, DAY) == 0) CHECK_CODE(SQLITE_OK, fm_repair_step(repair, 5, on_change, &listener, NULL));
    fm_repair_close(repair);
    CHECK(listener.calls == 5 && markers_dated(db, DAY) == 5);
    fm_repair_report report;
    CHECK_CODE(SQLITE_OK, fm_repair_facilitator_markers(db, on_change, &listener, &report, NULL));
    CHECK(report.markers == MARKERS && report.repaired == MARKERS - 5);
    host_close(db);
}

static void closed_after_its_connection(void) {
    sqlite3 *db = with_late_markers();
    fm_repair *repair = opened(db);
    CHECK_CODE(SQLITE_OK, fm_repair_step(repair, 1, on_change, &(struct listener){.calls = 0}, NULL));
    host_close(db);
    report_of(repair, 0);
    fm_repair_close(repair);
}

// Between two steps, somebody else finds an earlier facilitator, mends a marker, and takes a user's only facilitator, all of
// users who are next.
static void another_writes_between_two_steps(void) {
    sqlite3 *db = host_file("repair"), *other = host_file("repair");
    fill(db);
    fm_repair *repair = opened(db);
    struct listener listener = {.calls = 0};
    while (markers_dated(db, DAY) == 0) CHECK_CODE(SQLITE_OK, fm_repair_step(repair, 5, on_change, &listener, NULL));
    run(other, "UPDATE facilitators SET created_at = '2025-05-05 05:05:05' WHERE owner_address = 'Owner05'");
    run(other, "UPDATE reward_addresses SET created_at = '" DAY "' WHERE user_id = 'Owner06'");
    run(other, "DELETE FROM facilitators WHERE owner_address = 'Owner07'");
    CHECK_CODE(SQLITE_DONE, step_on(repair, 5, &listener, NULL));
    fm_repair_report report = report_of(repair, 1);
    CHECK(report.repaired == MARKERS - 2 && listener.calls == MARKERS - 2);
    fm_repair_close(repair);
    CHECK(number(db, "SELECT created_at = '2025-05-05 05:05:05' FROM reward_addresses WHERE user_id = 'Owner05'"));
    CHECK(number(db, "SELECT created_at = '" LATER "' FROM reward_addresses WHERE user_id = 'Owner07'"));
    CHECK(markers_dated(db, DAY) == MARKERS - 2);
    host_close(db);
    host_close(other);
}

// A refused change keeps no other marker from being mended, and is counted once, whatever the callback does.
static void with_refused_changes(const char *action) {
    for (int stops = 0; stops < 2; stops++) {
        sqlite3 *db = with_late_markers();
        char *trigger = sqlite3_mprintf("CREATE TRIGGER no BEFORE UPDATE ON reward_addresses WHEN NEW.user_id = 'Owner07' "
                                        "BEGIN SELECT raise(%s, 'not today'); END", action);
        run(db, trigger);
        sqlite3_free(trigger);
        fm_repair *repair = opened(db);
        struct listener listener = {.stop_at = stops ? 3 : 0};
        char *errmsg = GARBAGE;
        int code = step_on(repair, 500, &listener, &errmsg);
        if (stops) {
            CHECK_CODE(SQLITE_ABORT, code);
            failed(db, 0, &errmsg, "it returned 7");
            code = step_on(repair, 500, &listener, &errmsg);
        }
        CHECK_CODE(SQLITE_CONSTRAINT_TRIGGER, code);
        failed(db, 0, &errmsg, "the repair of 1 marker is refused: for user \"Owner07\"");
        fm_repair_report report = report_of(repair, 1);
        CHECK(report.markers == MARKERS && report.repaired == MARKERS - 1 && report.refused == 1);
        CHECK(markers_dated(db, LATER) == 1);
        CHECK_CODE(SQLITE_CONSTRAINT_TRIGGER, fm_repair_step(repair, 1, on_change, &listener, NULL));
        fm_repair_close(repair);

        memset(&report, 0x5a, sizeof report);
        CHECK_CODE(SQLITE_CONSTRAINT_TRIGGER, fm_repair_facilitator_markers(db, on_change, &listener, &report, &errmsg));
        failed(db, 0, &errmsg, "the repair of 1 marker is refused");
        CHECK(report.markers == MARKERS && report.repaired == 0 && report.refused == 1);
        CHECK_CODE(SQLITE_CONSTRAINT_TRIGGER, fm_repair_facilitator_markers(db, on_change, &listener, NULL, NULL));
        host_close(db);
    }
}

static int on_change_step_again(const fm_change *change, void *repair) {
    (void)change;
    char *errmsg = GARBAGE;
    CHECK_CODE(SQLITE_MISUSE, fm_repair_step(repair, 1, on_change, NULL, &errmsg));
    failed(NULL, 0, &errmsg, "this repair can't be used: a step of it is running");
    CHECK_CODE(SQLITE_MISUSE, fm_repair_progress(repair, NULL, NULL));
    return 0;
}

// A step from within a step of the same repair.
static void within_itself(void) {
    sqlite3 *db = with_late_markers();
    fm_repair *repair = opened(db);
    int code;
    while ((code = fm_repair_step(repair, 10, on_change_step_again, repair, NULL)) == SQLITE_OK) {
    }
    CHECK_CODE(SQLITE_DONE, code);
    CHECK(markers_dated(db, DAY) == MARKERS);
    fm_repair_close(repair);
    host_close(db);
}

static int in_one_call(sqlite3 *db, char **errmsg) {
    return fm_repair_facilitator_markers(db, on_change, &(struct listener){.calls = 0}, NULL, errmsg);
}

static int in_all_steps(sqlite3 *db, char **errmsg) {
    fm_repair *repair;
    int code = fm_repair_open(db, &repair, errmsg);
    if (code != SQLITE_OK) return code;
    code = step_on(repair, 7, &(struct listener){.calls = 0}, errmsg);
    fm_repair_close(repair);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int (*const CALLS[])(sqlite3 *, char **) = {in_one_call, in_all_steps};

static void failures(void) {
    for (int i = 0; i < 2; i++) {
        char *errmsg = GARBAGE;
        sqlite3 *db, *writer;
        CHECK_CODE(SQLITE_OK, sqlite3_open(":memory:", &db));
        CHECK_CODE(SQLITE_ERROR, CALLS[i](db, &errmsg));
        failed(db, 0, &errmsg, "the database lacks table user");
        host_close(db);

        const char *name = i ? "busy-steps" : "busy";
        writer = host_file(name);
        fill(writer);
        db = host_file(name);
        run(writer, "BEGIN IMMEDIATE");
        CHECK_CODE(SQLITE_BUSY, CALLS[i](db, &errmsg));
        failed(db, 0, &errmsg, "another connection");
        run(writer, "COMMIT");
        run(db, "PRAGMA query_only = ON");
        CHECK_CODE(SQLITE_READONLY, CALLS[i](db, &errmsg));
        failed(db, 0, &errmsg, "open the database for writing");
        run(db, "PRAGMA query_only = OFF");
        CHECK(markers_dated(db, LATER) == MARKERS);
        CHECK_CODE(SQLITE_OK, CALLS[i](db, &errmsg));
        CHECK(errmsg == NULL && markers_dated(db, DAY) == MARKERS);
        host_close(db);
        host_close(writer);
    }
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    each_change_is_told_with_what_undoes_it();
    a_callback_ends_the_call();
    in_steps();
    closed_halfway();
    closed_after_its_connection();
    another_writes_between_two_steps();
    with_refused_changes("ABORT");
    with_refused_changes("ROLLBACK");
    within_itself();
    failures();
    host_end();
    return 0;
}
