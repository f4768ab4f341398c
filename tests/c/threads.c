// Threads at once, each with connections of its own: to a database that is its own, and to one that all share.
//
// A third argument is the SQLite extension, which each connection then loads, all at the same moment, and calls by SQL;
// built with EXTENSION defined, the program needs no other library than SQLite.

// For barriers.
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "host.h"

enum { THREADS = 8, OWNERS = 25, LATE = 5, MOST_TRIES = 1000 };

static const char *extension;
static pthread_barrier_t all_are_ready;

// Owners of one thread. In lower case the names are still different.
static void name(char *to, size_t size, int thread, int owner) {
    CHECK(snprintf(to, size, "Owner%dOf%d", owner, thread) < (int)size);
}

static int is_busy(int code) {
    return (code & 0xff) == SQLITE_BUSY;
}

#ifdef EXTENSION

static void load(sqlite3 *db) {
    char *errmsg = NULL;
    CHECK_CODE(SQLITE_OK, sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL));
    if (sqlite3_load_extension(db, extension, NULL, &errmsg) != SQLITE_OK) {
        fprintf(stderr, "%s\n", errmsg);
        exit(1);
    }
}

// The function's code, and its number or the length of its text.
static int call(sqlite3 *db, const char *sql, const char *text, sqlite3_int64 *result) {
    sqlite3_stmt *statement;
    CHECK_CODE(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
    if (text != NULL) CHECK_CODE(SQLITE_OK, sqlite3_bind_text(statement, 1, text, -1, SQLITE_TRANSIENT));
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *result = sqlite3_column_type(statement, 0) == SQLITE_INTEGER ? sqlite3_column_int64(statement, 0)
                                                                      : sqlite3_column_bytes(statement, 0);
        code = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return code;
}

static int ensure(sqlite3 *db, const char *user_id) {
    sqlite3_int64 length = 0;
    int code = call(db, "SELECT ensure_facilitator_marker(?1)", user_id, &length);
    CHECK(code != SQLITE_OK || length == (int)strlen("created") || length == (int)strlen("already_enrolled"));
    return code;
}

static int backfill(sqlite3 *db) {
    sqlite3_int64 length = 0;
    return call(db, "SELECT backfill_facilitator_markers()", NULL, &length);
}

static int steps(sqlite3 *db) {
    sqlite3_int64 remaining = 1;
    int code = SQLITE_OK;
    for (int tries = 0; remaining > 0 && tries < MOST_TRIES && (code == SQLITE_OK || is_busy(code)); tries++)
        code = call(db, "SELECT backfill_facilitator_markers_step(3)", NULL, &remaining);
    return code;
}

static int audit(sqlite3 *db, sqlite3_int64 *late) {
    return call(db, "SELECT count(*) FROM facilitator_markers_audit WHERE name = 'dated_late' AND total IS '0'", NULL, late);
}

// As docs/functions.md asks for: in a transaction.
static int repair(sqlite3 *db, int in_steps) {
    int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    sqlite3_int64 is_done = 0;
    while (code == SQLITE_OK && !is_done)
        code = call(db, in_steps ? "SELECT repair_facilitator_markers_step(3) ->> 'is_done'"
                                 : "SELECT repair_facilitator_markers() ->> 'is_done'", NULL, &is_done);
    if (code == SQLITE_OK) code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (!sqlite3_get_autocommit(db)) run(db, "ROLLBACK");
    return code;
}

#else

static void load(sqlite3 *db) {
    CHECK(db != NULL && extension == NULL);
    CHECK_CODE(SQLITE_OK, fm_check_sqlite(sqlite3_libversion(), NULL));
}

static int ensure(sqlite3 *db, const char *user_id) {
    int outcome = 0;
    int code = fm_ensure_facilitator_marker(db, user_id, &outcome, NULL, NULL);
    CHECK(code != SQLITE_OK || outcome == FM_CREATED || outcome == FM_ALREADY_ENROLLED);
    return code;
}

static int backfill(sqlite3 *db) {
    return fm_backfill_facilitator_markers(db, NULL, NULL);
}

static int steps(sqlite3 *db) {
    fm_backfill *backfill;
    int code = fm_backfill_open(db, &backfill, NULL);
    if (code != SQLITE_OK) return code;
    for (int tries = 0; tries < MOST_TRIES && (code == SQLITE_OK || is_busy(code)); tries++)
        code = fm_backfill_step(backfill, 3, NULL);
    fm_backfill_close(backfill);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int on_finding(const fm_finding *finding, void *late) {
    *(sqlite3_int64 *)late += strcmp(finding->name, "dated_late") == 0 && strcmp(finding->total, "0") == 0;
    return 0;
}

static int audit(sqlite3 *db, sqlite3_int64 *late) {
    *late = 0;
    return fm_audit_facilitator_markers(db, 1, on_finding, late, NULL, NULL);
}

static int on_change(const fm_change *change, void *nothing) {
    (void)nothing;
    CHECK(strstr(change->undo, LATER) != NULL);
    return 0;
}

static int repair(sqlite3 *db, int in_steps) {
    if (!in_steps) return fm_repair_facilitator_markers(db, on_change, NULL, NULL, NULL);
    fm_repair *repair;
    int code = fm_repair_open(db, &repair, NULL);
    if (code != SQLITE_OK) return code;
    for (int tries = 0; tries < MOST_TRIES && (code == SQLITE_OK || is_busy(code)); tries++)
        code = fm_repair_step(repair, 3, on_change, NULL, NULL);
    fm_repair_close(repair);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

#endif

// Makes a call until no other thread is in its way.
#define UNTIL_DONE(call)                                                                     \
    do {                                                                                     \
        int tries_ = 0, done_;                                                               \
        while (is_busy(done_ = (call)) && ++tries_ < MOST_TRIES) {                           \
        }                                                                                    \
        CHECK_CODE(SQLITE_OK, done_);                                                        \
    } while (0)

// Owners of one thread, whose markers are dated late.
static void add_late_owners(sqlite3 *db, int thread) {
    char id[64];
    for (int i = 0; i < LATE; i++) {
        CHECK(snprintf(id, sizeof id, "Late%dOf%d", i, thread) > 0);
        add_owner(db, id);
        add_marker(db, id, id, LATER, LATER);
    }
}

static void *work(void *number_of_thread) {
    sqlite3_int64 late;
    int thread = *(int *)number_of_thread;
    sqlite3 *own = host_in_memory(), *shared = host_file("threads");
    CHECK_CODE(SQLITE_OK, sqlite3_busy_timeout(shared, 10000));
    char owner[64], lower_case[64];
    for (int i = 0; i < OWNERS; i++) {
        name(owner, sizeof owner, thread, i);
        add_owner(own, owner);
    }
    add_late_owners(own, thread);
    pthread_barrier_wait(&all_are_ready);

    load(own);
    load(shared);
    CHECK_CODE(SQLITE_OK, thread % 2 ? steps(own) : backfill(own));
    CHECK(markers(own) == OWNERS + LATE);
    CHECK_CODE(SQLITE_OK, audit(own, &late));
    CHECK(late == LATE);
    CHECK_CODE(SQLITE_OK, repair(own, thread % 2));
    CHECK_CODE(SQLITE_OK, audit(own, &late));
    CHECK(late == 0 && markers_dated(own, DAY) == OWNERS + LATE);

    for (int i = 0; i < OWNERS; i++) {
        name(owner, sizeof owner, thread, i);
        CHECK(snprintf(lower_case, sizeof lower_case, "owner%dof%d", i, thread) > 0);
        // What another thread's backfill has enrolled by now is as good.
        UNTIL_DONE(ensure(shared, i % 2 ? owner : lower_case));
        if (i == thread) UNTIL_DONE(steps(shared));
        if (i == 2 * thread) UNTIL_DONE(backfill(shared));
        if (i == 3 * thread) UNTIL_DONE(repair(shared, thread % 2));
        if (i == 2 * thread + 1) {
            UNTIL_DONE(audit(shared, &late));
            CHECK(late <= THREADS * LATE);
        }
    }
    // What another thread has mended is as good.
    UNTIL_DONE(repair(shared, thread % 2 == 0));
    UNTIL_DONE(audit(shared, &late));
    CHECK(late == 0);
    host_close(own);
    host_close(shared);
    return NULL;
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    extension = argc > 3 ? argv[3] : NULL;
    sqlite3 *db = host_file("threads");
    run(db, "BEGIN");
    for (int thread = 0; thread < THREADS; thread++) {
        add_late_owners(db, thread);
        for (int i = 0; i < OWNERS; i++) {
            char owner[64];
            name(owner, sizeof owner, thread, i);
            add_owner(db, owner);
        }
    }
    run(db, "COMMIT");

    pthread_t threads[THREADS];
    int numbers[THREADS];
    CHECK(pthread_barrier_init(&all_are_ready, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(pthread_barrier_destroy(&all_are_ready) == 0);

    CHECK(markers(db) == THREADS * (OWNERS + LATE));
    CHECK(number(db, "SELECT count(DISTINCT user_id) FROM reward_addresses WHERE created_at = '" DAY "'") ==
          THREADS * (OWNERS + LATE));
    host_close(db);
    host_end();
    printf("%d threads, %d owners, %d markers dated late\n", THREADS, (THREADS + 1) * OWNERS, 2 * THREADS * LATE);
    return 0;
}
