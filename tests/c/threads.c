// Threads at once, each with connections of its own: to a database that is its own, and to one that all share.
//
// A third argument is the SQLite extension, which each connection then loads, all at the same moment, and calls by SQL;
// built with EXTENSION defined, the program needs no other library than SQLite.

// For barriers.
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "host.h"

enum { THREADS = 8, OWNERS = 25, MOST_TRIES = 1000 };

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

#endif

// Makes a call until no other thread is in its way.
#define UNTIL_DONE(call)                                                                     \
    do {                                                                                     \
        int tries_ = 0, done_;                                                               \
        while (is_busy(done_ = (call)) && ++tries_ < MOST_TRIES) {                           \
        }                                                                                    \
        CHECK_CODE(SQLITE_OK, done_);                                                        \
    } while (0)

static void *work(void *number_of_thread) {
    int thread = *(int *)number_of_thread;
    sqlite3 *own = host_in_memory(), *shared = host_file("threads");
    CHECK_CODE(SQLITE_OK, sqlite3_busy_timeout(shared, 10000));
    char owner[64], lower_case[64];
    for (int i = 0; i < OWNERS; i++) {
        name(owner, sizeof owner, thread, i);
        add_owner(own, owner);
    }
    pthread_barrier_wait(&all_are_ready);

    load(own);
    load(shared);
    CHECK_CODE(SQLITE_OK, thread % 2 ? steps(own) : backfill(own));
    CHECK(markers(own) == OWNERS);

    for (int i = 0; i < OWNERS; i++) {
        name(owner, sizeof owner, thread, i);
        CHECK(snprintf(lower_case, sizeof lower_case, "owner%dof%d", i, thread) > 0);
        // What another thread's backfill has enrolled by now is as good.
        UNTIL_DONE(ensure(shared, i % 2 ? owner : lower_case));
        if (i == thread) UNTIL_DONE(steps(shared));
        if (i == 2 * thread) UNTIL_DONE(backfill(shared));
    }
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

    CHECK(markers(db) == THREADS * OWNERS);
    CHECK(number(db, "SELECT count(DISTINCT user_id) FROM reward_addresses WHERE created_at = '" DAY "'") ==
          THREADS * OWNERS);
    host_close(db);
    host_end();
    printf("%d threads, %d owners\n", THREADS, (THREADS + 1) * OWNERS);
    return 0;
}
