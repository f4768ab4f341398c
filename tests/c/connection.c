// Failures of every kind, and the connection afterwards: its transaction, its statements, its use.

#include <stdatomic.h>
#include <threads.h>

#include "host.h"

// Every call that could write. Each finds Ada unenrolled.
static int create(sqlite3 *db, char **errmsg) {
    return fm_create_facilitator_marker(db, "Ada", DAY, NULL, NULL, errmsg);
}

static int ensure(sqlite3 *db, char **errmsg) {
    return fm_ensure_facilitator_marker(db, "Ada", NULL, NULL, errmsg);
}

static int backfill(sqlite3 *db, char **errmsg) {
    return fm_backfill_facilitator_markers(db, NULL, errmsg);
}

static int steps(sqlite3 *db, char **errmsg) {
    fm_backfill *backfill;
    int code = fm_backfill_open(db, &backfill, errmsg);
    if (code != SQLITE_OK) return code;
    while ((code = fm_backfill_step(backfill, 1, errmsg)) == SQLITE_OK) {
    }
    fm_backfill_close(backfill);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int (*const CALLS[])(sqlite3 *, char **) = {create, ensure, backfill, steps};
enum { CALL_COUNT = sizeof CALLS / sizeof *CALLS };

// That a call fails so, in autocommit mode and within a transaction, and that the host's own work in that
// transaction stays.
static void check_failures(sqlite3 *db, int expected, const char *explanation) {
    for (int i = 0; i < CALL_COUNT; i++) {
        char *errmsg = GARBAGE;
        CHECK_CODE(expected, CALLS[i](db, &errmsg));
        failed(db, 0, &errmsg, explanation);
        CHECK_CODE(expected, CALLS[i](db, NULL));
        run(db, "BEGIN");
        run(db, "CREATE TEMP TABLE IF NOT EXISTS mine(x)");
        run(db, "INSERT INTO mine VALUES (1)");
        CHECK_CODE(expected, CALLS[i](db, &errmsg));
        failed(db, 1, &errmsg, explanation);
        CHECK(number(db, "SELECT count(*) FROM mine") == 1);
        run(db, "ROLLBACK");
    }
}

static void missing_schema(void) {
    sqlite3 *db;
    CHECK_CODE(SQLITE_OK, sqlite3_open(":memory:", &db));
    check_failures(db, SQLITE_ERROR, "the database lacks table user, table facilitators, table reward_addresses");
    host_close(db);
}

// A database that was made before markers.
static void old_check(void) {
    sqlite3 *db;
    CHECK_CODE(SQLITE_OK, sqlite3_open(":memory:", &db));
    char *value = strstr(host_schema, ", 'facilitator'");
    CHECK(value != NULL);
    memset(value, ' ', strlen(", 'facilitator'"));
    run(db, host_schema);
    memcpy(value, ", 'facilitator'", strlen(", 'facilitator'"));
    add_owner(db, "Ada");
    check_failures(db, SQLITE_CONSTRAINT_CHECK, "which is older than markers");
    char *warning = GARBAGE;
    CHECK_CODE(SQLITE_OK, fm_preview_facilitator_markers(db, NULL, &warning, NULL));
    CHECK(strstr(warning, "CHECK (chain_type IN ('solana', 'evm'") != NULL);
    sqlite3_free(warning);
    host_close(db);
}

static void busy(void) {
    sqlite3 *writer = host_file("busy"), *db = host_file("busy");
    add_owner(writer, "Ada");
    run(writer, "BEGIN IMMEDIATE");
    check_failures(db, SQLITE_BUSY, "another connection");
    run(writer, "COMMIT");

    // It has read before the other one wrote: no waiting helps.
    for (int i = 0; i < CALL_COUNT; i++) {
        char *errmsg = GARBAGE;
        run(db, "BEGIN");
        CHECK(markers(db) == 0);
        add_user(writer, "Ben");
        run(writer, "DELETE FROM \"user\" WHERE id = 'Ben'");
        CHECK_CODE(SQLITE_BUSY_SNAPSHOT, CALLS[i](db, &errmsg));
        failed(db, 1, &errmsg, "BEGIN IMMEDIATE");
        run(db, "ROLLBACK");
        CHECK_CODE(SQLITE_OK, CALLS[i](db, &errmsg));
        CHECK(errmsg == NULL);
        run(db, "DELETE FROM reward_addresses");
    }
    host_close(db);
    host_close(writer);
}

static void read_only(void) {
    sqlite3 *db = host_file("read_only");
    add_owner(db, "Ada");
    run(db, "PRAGMA query_only = ON");
    for (int i = 0; i < CALL_COUNT; i++) {
        char *errmsg = GARBAGE;
        CHECK_CODE(SQLITE_READONLY, CALLS[i](db, &errmsg));
        failed(db, 0, &errmsg, "open the database for writing");
    }
    CHECK_CODE(SQLITE_OK, fm_preview_facilitator_markers(db, NULL, NULL, NULL));
    host_close(db);
}

static atomic_int waiting;

// Slows a write down until somebody interrupts it.
static void wait_for_interrupt(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    (void)values;
    atomic_store(&waiting, 1);
    thrd_yield();
    sqlite3_result_null(context);
}

static int interrupt(void *db) {
    while (!atomic_load(&waiting)) thrd_yield();
    sqlite3_interrupt(db);
    return 0;
}

static void interrupted_from_another_thread(void) {
    for (int i = 0; i < CALL_COUNT; i++) {
        for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
            sqlite3 *db = host_in_memory();
            add_owner(db, "Ada");
            CHECK_CODE(SQLITE_OK, sqlite3_create_function(db, "wait_for_interrupt", 1, SQLITE_UTF8, NULL,
                                                          wait_for_interrupt, NULL, NULL));
            run(db, "CREATE TRIGGER waiting BEFORE INSERT ON reward_addresses BEGIN "
                    "SELECT count(wait_for_interrupt(a.rowid)) FROM pragma_collation_list a, pragma_function_list b, "
                    "pragma_function_list c, pragma_function_list d, pragma_function_list e; END");
            if (in_transaction) run(db, "BEGIN");
            atomic_store(&waiting, 0);
            thrd_t thread;
            CHECK(thrd_create(&thread, interrupt, db) == thrd_success);
            char *errmsg = GARBAGE;
            CHECK_CODE(SQLITE_INTERRUPT, CALLS[i](db, &errmsg));
            CHECK(thrd_join(thread, NULL) == thrd_success);
            // SQLite answers an interrupted write with a rollback of the transaction that it was part of.
            failed(db, 0, &errmsg, in_transaction ? "SQLite has rolled back the whole transaction" : "try again");
            CHECK(markers(db) == 0);
            run(db, "DROP TRIGGER waiting");
            CHECK_CODE(SQLITE_OK, CALLS[i](db, NULL));
            CHECK(markers(db) == 1);
            host_close(db);
        }
    }
}

// Interrupts when some markers are there: one call then writes more, or sleeps.
static int interrupt_at_markers(void *db) {
    sqlite3 *other = host_file("interrupted");
    while (markers(other) < 500) thrd_yield();
    sqlite3_interrupt(db);
    host_close(other);
    return 0;
}

static void one_call_interrupted_between_its_statements(void) {
    sqlite3 *db = host_file("interrupted");
    run(db, "BEGIN");
    for (int i = 0; i < 3000; i++) {
        char id[16];
        snprintf(id, sizeof id, "User%d", i);
        add_owner(db, id);
    }
    run(db, "COMMIT");
    thrd_t thread;
    CHECK(thrd_create(&thread, interrupt_at_markers, db) == thrd_success);
    char *errmsg = GARBAGE;
    CHECK_CODE(SQLITE_INTERRUPT, fm_backfill_facilitator_markers(db, NULL, &errmsg));
    CHECK(thrd_join(thread, NULL) == thrd_success);
    failed(db, 0, &errmsg, "try again");
    CHECK(markers(db) < 3000);
    CHECK_CODE(SQLITE_OK, fm_backfill_facilitator_markers(db, NULL, NULL));
    CHECK(markers(db) == 3000);
    host_close(db);
}

// The host's own statement, half read, is where it was; and so are the host's settings.
static void same_handle_before_and_after(void) {
    for (int i = 0; i < CALL_COUNT; i++) {
        sqlite3 *db = host_in_memory();
        add_owner(db, "Ada");
        add_owner(db, "Ben");
        sqlite3_extended_result_codes(db, i % 2);
        sqlite3_stmt *users;
        CHECK_CODE(SQLITE_OK, sqlite3_prepare_v2(db, "SELECT id FROM \"user\" ORDER BY id", -1, &users, NULL));
        CHECK_CODE(SQLITE_ROW, sqlite3_step(users));
        CHECK_TEXT("Ada", (const char *)sqlite3_column_text(users, 0));
        CHECK_CODE(SQLITE_OK, CALLS[i](db, NULL));
        CHECK(sqlite3_next_stmt(db, NULL) == users && sqlite3_next_stmt(db, users) == NULL);
        CHECK_CODE(SQLITE_ROW, sqlite3_step(users));
        CHECK_TEXT("Ben", (const char *)sqlite3_column_text(users, 0));
        CHECK_CODE(SQLITE_DONE, sqlite3_step(users));
        CHECK_CODE(SQLITE_OK, sqlite3_finalize(users));
        CHECK(number(db, "PRAGMA foreign_keys") == 1);
        // The host still gets the codes that it asked for.
        int code = sqlite3_exec(db, "INSERT INTO \"user\"(id, name, email) VALUES ('Ada', '', '')", NULL, NULL, NULL);
        CHECK_CODE(i % 2 ? SQLITE_CONSTRAINT_PRIMARYKEY : SQLITE_CONSTRAINT, code);
        CHECK(sqlite3_total_changes(db) >= 5);
        host_close(db);
    }
}

static void committed_and_rolled_back_by_the_host(void) {
    for (int i = 0; i < CALL_COUNT; i++) {
        sqlite3 *db = host_in_memory();
        add_owner(db, "Ada");
        run(db, "BEGIN");
        CHECK_CODE(SQLITE_OK, CALLS[i](db, NULL));
        CHECK(!sqlite3_get_autocommit(db) && markers(db) == 1);
        run(db, "ROLLBACK");
        CHECK(markers(db) == 0);
        run(db, "SAVEPOINT hosts");
        CHECK_CODE(SQLITE_OK, CALLS[i](db, NULL));
        CHECK(!sqlite3_get_autocommit(db));
        run(db, "RELEASE hosts");
        CHECK(sqlite3_get_autocommit(db) && markers(db) == 1);
        host_close(db);
    }
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    missing_schema();
    old_check();
    busy();
    read_only();
    interrupted_from_another_thread();
    one_call_interrupted_between_its_statements();
    same_handle_before_and_after();
    committed_and_rolled_back_by_the_host();
    host_end();
    return 0;
}
