// What has to hold after a call on a file that fails.

#ifndef FAULTS_CHECKS_H
#define FAULTS_CHECKS_H

#include "calls.h"
#include "faults_vfs.h"
#include "mistakes.h"

// A call, with what was there before it.
struct attempt {
    // Whether SQLite may answer an error for a commit that stands.
    int may_be_in_doubt;
    // Whether all that the call, or its step, writes is kept or undone together.
    int is_one_transaction;
    int was_autocommit;
    // NULL where they weren't to be read.
    char *rows_of_the_host;

    int code;
    char *message;
    struct steps *steps;
    struct repair *repair;
    struct told told;
    // Before the call, and then before each step.
    char *markers;

    // Whether SQLite has ended the host's transaction, or has kept what it said it couldn't commit.
    int ended, in_doubt;
};

void attempt_begin(struct attempt *attempt, sqlite3 *db, int may_read, const char *markers);
// The markers as they are before the next step.
void attempt_look(struct attempt *attempt, sqlite3 *db);
// Closes what is in steps.
void attempt_close(struct attempt *attempt);
void attempt_end(struct attempt *attempt);

// The code, the message, the transaction and the statements.
void check_answer(struct attempt *attempt, sqlite3 *db, enum kind kind, int can_undo);
// After a failure nothing of the call is there, and everything of the host's.
void check_undone(struct attempt *attempt, sqlite3 *db);
// All is as expected, which is what the first to ask finds.
void check_end(sqlite3 *db, char **expected);

#endif
