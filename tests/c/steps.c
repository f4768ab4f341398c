// The backfill in steps.

#include "host.h"

enum { OWNERS = 40 };

static sqlite3 *with_owners(void) {
    sqlite3 *db = host_in_memory();
    char id[16];
    for (int i = 0; i < OWNERS; i++) {
        snprintf(id, sizeof id, "Owner%02d", i);
        add_owner(db, id);
    }
    return db;
}

static fm_backfill *opened(sqlite3 *db) {
    fm_backfill *backfill = NULL;
    CHECK_CODE(SQLITE_OK, fm_backfill_open(db, &backfill, NULL));
    CHECK(backfill != NULL);
    return backfill;
}

// Each step is whole, and leaves nothing open; progress only goes on.
static void to_the_end(void) {
    sqlite3 *db = with_owners();
    fm_backfill *backfill = opened(db);
    fm_report report = {0};
    int64_t remaining, last = OWNERS, steps = 0;
    int code;
    while ((code = fm_backfill_step(backfill, 3, NULL)) == SQLITE_OK) {
        steps++;
        CHECK(sqlite3_next_stmt(db, NULL) == NULL && sqlite3_get_autocommit(db));
        CHECK_CODE(SQLITE_OK, fm_backfill_progress(backfill, &report, &remaining));
        CHECK(remaining > 0 && remaining <= last);
        CHECK(report.created == markers(db));
        last = remaining;
    }
    CHECK_CODE(SQLITE_DONE, code);
    CHECK(steps >= OWNERS / 3);
    CHECK_CODE(SQLITE_OK, fm_backfill_progress(backfill, &report, &remaining));
    CHECK(remaining == 0 && report.owners == OWNERS && report.created == OWNERS);
    CHECK(markers(db) == OWNERS);
    CHECK_CODE(SQLITE_DONE, fm_backfill_step(backfill, 1, NULL));
    fm_backfill_close(backfill);
    host_close(db);
}

// What was committed stays, and the next backfill does the rest.
static void closed_halfway(void) {
    sqlite3 *db = with_owners();
    fm_backfill *backfill = opened(db);
    while (markers(db) == 0) CHECK_CODE(SQLITE_OK, fm_backfill_step(backfill, 5, NULL));
    fm_backfill_close(backfill);
    sqlite3_int64 kept = markers(db);
    CHECK(kept > 0 && kept < OWNERS);
    fm_report report;
    CHECK_CODE(SQLITE_OK, fm_backfill_facilitator_markers(db, &report, NULL));
    CHECK(report.already_enrolled == kept && report.created == OWNERS - kept);
    host_close(db);
}

// The connection goes first, which is allowed if nothing but closing follows.
static void closed_after_its_connection(void) {
    sqlite3 *db = with_owners();
    fm_backfill *backfill = opened(db);
    CHECK_CODE(SQLITE_OK, fm_backfill_step(backfill, 1, NULL));
    host_close(db);
    int64_t remaining;
    CHECK_CODE(SQLITE_OK, fm_backfill_progress(backfill, NULL, &remaining));
    CHECK(remaining == OWNERS);
    fm_backfill_close(backfill);
}

static void with_refused_markers(void) {
    sqlite3 *db = with_owners();
    add_user(db, "Thief");
    run(db, "INSERT INTO reward_addresses(id, user_id, chain_type, address) VALUES "
            "('FACILITATOR_OWNER:Owner07', 'Thief', 'evm', '0x1'), ('r2', 'Owner09', 'evm', 'FACILITATOR_OWNER:Owner09')");
    fm_backfill *backfill = opened(db);
    char *errmsg = GARBAGE;
    int code;
    while ((code = fm_backfill_step(backfill, 4, &errmsg)) == SQLITE_OK) CHECK(errmsg == NULL);
    CHECK_CODE(SQLITE_CONSTRAINT_UNIQUE, code);
    failed(db, 0, &errmsg, "2 markers are refused");
    fm_report report;
    int64_t remaining;
    CHECK_CODE(SQLITE_OK, fm_backfill_progress(backfill, &report, &remaining));
    CHECK(remaining == 0 && report.owners == OWNERS && report.created == OWNERS - 2 && report.refused == 2);
    CHECK(markers(db) == OWNERS - 2);
    CHECK_CODE(SQLITE_CONSTRAINT_UNIQUE, fm_backfill_step(backfill, 4, NULL));
    fm_backfill_close(backfill);

    memset(&report, 0x5a, sizeof report);
    CHECK_CODE(SQLITE_CONSTRAINT_UNIQUE, fm_backfill_facilitator_markers(db, &report, &errmsg));
    failed(db, 0, &errmsg, "\"Owner07\"");
    CHECK(report.owners == OWNERS && report.created == 0 && report.refused == 2);
    CHECK_CODE(SQLITE_CONSTRAINT_UNIQUE, fm_backfill_facilitator_markers(db, NULL, NULL));

    memset(&report, 0x5a, sizeof report);
    char *warning = GARBAGE;
    CHECK_CODE(SQLITE_OK, fm_preview_facilitator_markers(db, &report, &warning, &errmsg));
    CHECK(errmsg == NULL && report.owners == OWNERS && report.created == 0 && report.refused == 2);
    CHECK(strstr(warning, "2 markers would be refused, the first for user \"Owner07\"") != NULL);
    sqlite3_free(warning);
    CHECK_CODE(SQLITE_OK, fm_preview_facilitator_markers(db, NULL, NULL, NULL));
    CHECK_CODE(SQLITE_CONSTRAINT_UNIQUE, fm_ensure_facilitator_marker(db, "Owner09", NULL, NULL, &errmsg));
    failed(db, 0, &errmsg, "1 marker is refused");
    CHECK_CODE(SQLITE_CONSTRAINT_UNIQUE, fm_create_facilitator_marker(db, "Owner07", DAY, NULL, NULL, &errmsg));
    failed(db, 0, &errmsg, "1 marker is refused");
    host_close(db);
}

static void with_a_trigger_that_drops_markers(void) {
    sqlite3 *db = with_owners();
    run(db, "CREATE TRIGGER dropping AFTER INSERT ON reward_addresses WHEN NEW.user_id = 'Owner03' "
            "BEGIN DELETE FROM reward_addresses WHERE id = NEW.id; END");
    fm_backfill *backfill = opened(db);
    char *errmsg = GARBAGE;
    int code;
    while ((code = fm_backfill_step(backfill, 4, &errmsg)) == SQLITE_OK) CHECK(errmsg == NULL);
    CHECK_CODE(SQLITE_CONSTRAINT_TRIGGER, code);
    failed(db, 0, &errmsg, "1 marker is refused");
    fm_backfill_close(backfill);
    CHECK_CODE(SQLITE_CONSTRAINT_TRIGGER, fm_ensure_facilitator_marker(db, "Owner03", NULL, NULL, &errmsg));
    failed(db, 0, &errmsg, "1 marker is refused");
    CHECK(markers(db) == OWNERS - 1);
    host_close(db);
}

// In the host's transaction, which stays the host's.
static void in_a_transaction(void) {
    sqlite3 *db = with_owners();
    run(db, "BEGIN");
    fm_backfill *backfill = opened(db);
    int code;
    while ((code = fm_backfill_step(backfill, 7, NULL)) == SQLITE_OK) CHECK(!sqlite3_get_autocommit(db));
    CHECK_CODE(SQLITE_DONE, code);
    CHECK(!sqlite3_get_autocommit(db) && markers(db) == OWNERS);
    fm_backfill_close(backfill);
    run(db, "ROLLBACK");
    CHECK(markers(db) == 0);
    host_close(db);
}

static fm_backfill *stepping;

static void step_again(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    (void)values;
    char *errmsg = GARBAGE;
    fm_report report;
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_step(stepping, 1, &errmsg));
    failed(NULL, 0, &errmsg, "a step of it is running");
    CHECK_CODE(SQLITE_MISUSE, fm_backfill_progress(stepping, &report, NULL));
    sqlite3_result_null(context);
}

// A step from within a step of the same backfill.
static void within_itself(void) {
    sqlite3 *db = with_owners();
    CHECK_CODE(SQLITE_OK, sqlite3_create_function(db, "step_again", 0, SQLITE_UTF8, NULL, step_again, NULL, NULL));
    run(db, "CREATE TRIGGER stepping AFTER INSERT ON reward_addresses BEGIN SELECT step_again(); END");
    stepping = opened(db);
    int code;
    while ((code = fm_backfill_step(stepping, 10, NULL)) == SQLITE_OK) {
    }
    CHECK_CODE(SQLITE_DONE, code);
    CHECK(markers(db) == OWNERS);
    fm_backfill_close(stepping);
    host_close(db);
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    to_the_end();
    closed_halfway();
    closed_after_its_connection();
    with_refused_markers();
    with_a_trigger_that_drops_markers();
    in_a_transaction();
    within_itself();
    host_end();
    return 0;
}
