// See faults_checks.h.

#include "faults_checks.h"

#include <string.h>

#include "harness.h"
#include "platform.h"

#define ENDED "SQLite has rolled back the whole transaction"

void attempt_begin(struct attempt *attempt, sqlite3 *db, int may_read, const char *markers) {
    attempt->was_autocommit = sqlite3_get_autocommit(db);
    attempt->rows_of_the_host = may_read ? rows_of_the_host(db) : NULL;
    attempt->message = (char *)attempt;
    attempt->markers = sqlite3_mprintf("%s", markers);
}

void attempt_look(struct attempt *attempt, sqlite3 *db) {
    faults_pause();
    sqlite3_free(attempt->markers);
    attempt->markers = all_markers(db);
    faults_resume();
}

void attempt_close(struct attempt *attempt) {
    steps_close(attempt->steps);
    repair_close(attempt->repair);
    attempt->steps = NULL;
    attempt->repair = NULL;
}

void attempt_end(struct attempt *attempt) {
    attempt_close(attempt);
    told_forget(&attempt->told);
    sqlite3_free(attempt->markers);
    sqlite3_free(attempt->rows_of_the_host);
}

// What the VFS answers for SQLITE_IOERR.
static const int ANSWERS[OPERATIONS] = {
    [READ] = SQLITE_IOERR_READ,
    [WRITE] = SQLITE_IOERR_WRITE,
    [TRUNCATE] = SQLITE_IOERR_TRUNCATE,
    [SYNC] = SQLITE_IOERR_FSYNC,
    [FILE_SIZE] = SQLITE_IOERR_FSTAT,
    [LOCK] = SQLITE_IOERR_LOCK,
    [CHECK_RESERVED_LOCK] = SQLITE_IOERR_CHECKRESERVEDLOCK,
    [SHM_MAP] = SQLITE_IOERR_SHMMAP,
    [SHM_LOCK] = SQLITE_IOERR_SHMLOCK,
    [OPEN] = SQLITE_CANTOPEN,
    [DELETE] = SQLITE_IOERR_DELETE,
    [SYNC_FOLDER] = SQLITE_IOERR_DIR_FSYNC,
    [ACCESS] = SQLITE_IOERR_ACCESS,
};

// Whether faults of this kind can be answered so.
static int fits(int code, enum kind kind) {
    enum operation first = faults_first();
    if (first == OPERATIONS) return 0;
    switch (kind) {
        case FULL: return code == SQLITE_FULL;
        case BUSY: return (code & 0xff) == SQLITE_BUSY || code == SQLITE_PROTOCOL;
        default:
            // Where SQLite reads the schema, it keeps no more of the code.
            if (faults_struck() == 1) return code == ANSWERS[first] || (first == READ && code == SQLITE_IOERR);
            return (code & 0xff) == SQLITE_IOERR || code == SQLITE_CANTOPEN;
    }
}

void check_answer(struct attempt *attempt, sqlite3 *db, enum kind kind, int can_undo) {
    int code = attempt->code;
    const char *message = attempt->message;
    if (code == SQLITE_OK && message != NULL) wrong("success with a message: %s", message);
    if (code != SQLITE_OK && message == NULL) wrong("%d without a message", code);
    if (code != SQLITE_OK && faults_struck() == 0) wrong("%d without a fault: %s", code, message);
    if (code != SQLITE_OK && !fits(code, kind))
        wrong("%d for a fault of %s: %s", code, faults_first() < OPERATIONS ? OPERATION_NAMES[faults_first()] : "nothing",
              message);
    if (message != NULL && strstr(message, "bug") != NULL) wrong("%d: %s", code, message);
    if (sqlite3_next_stmt(db, NULL) != NULL) wrong("a statement is left: %s", sqlite3_sql(sqlite3_next_stmt(db, NULL)));
    attempt->ended = !attempt->was_autocommit && sqlite3_get_autocommit(db);
    if (attempt->ended && code == SQLITE_OK) wrong("the host's transaction has ended, and the call succeeded");
    if (attempt->ended != (message != NULL && strstr(message, ENDED) != NULL))
        wrong("the host's transaction has%s ended, and the message says: %s", attempt->ended ? "" : " not", message);
    if (can_undo && attempt->was_autocommit && !sqlite3_get_autocommit(db)) wrong("autocommit is off: %s", message);
}

void check_undone(struct attempt *attempt, sqlite3 *db) {
    if (!attempt->ended && attempt->rows_of_the_host != NULL) {
        char *rows = rows_of_the_host(db);
        if (strcmp(rows, attempt->rows_of_the_host) != 0) wrong("the host's rows are not as they were");
        sqlite3_free(rows);
    }
    char *markers = all_markers(db);
    if (strcmp(markers, attempt->markers) != 0 && attempt->is_one_transaction && !attempt->ended) {
        attempt->in_doubt = attempt->may_be_in_doubt && faults_left_commit_in_doubt();
        if (!attempt->in_doubt)
            wrong("after %d the markers are not as they were: %s\n%s\nand not\n%s", attempt->code, attempt->message, markers,
                  attempt->markers);
    }
    sqlite3_free(markers);
    check_markers(db);
}

void check_end(sqlite3 *db, char **expected) {
    char *rows = all_rows(db);
    if (*expected == NULL) {
        *expected = rows;
        rows = sqlite3_mprintf("%s", rows);
    }
    if (strcmp(rows, *expected) != 0) wrong("the rows are not those of a run without faults");
    sqlite3_free(rows);
    check_markers(db);
    check_file(db);
}
