// One call of the library on a file whose nth operation fails, and what has to hold afterwards.

#ifndef FAULTS_CASE_H
#define FAULTS_CASE_H

#include "faults_vfs.h"

enum journal { WAL, DELETE_JOURNAL, TRUNCATE_JOURNAL, PERSIST, MEMORY, OFF, JOURNALS };
enum transaction { AUTOCOMMIT, TRANSACTION, SAVEPOINT, SAVEPOINT_IN_TRANSACTION, TRANSACTIONS };
enum call {
    CREATE,
    ENSURE,
    BACKFILL,
    STEPS_OF_1,
    STEPS_OF_500,
    // These read only.
    PREVIEW,
    LISTS,
    AUDIT,
    COSTS,
    REPAIR,
    REPAIR_STEPS_OF_1,
    REPAIR_STEPS_OF_500,
    CALL_NAMES_END,
};
// What another connection did since this one read the database, which it hasn't yet where it is NEW.
enum meanwhile { NOTHING, WROTE, CHANGED_SCHEMA, NEW, MEANWHILES };

struct faults_case {
    enum journal journal;
    const char *synchronous;
    enum transaction transaction;
    enum call call;
    enum kind kind;
    int goes_on;
    // So small that pages reach the file before the commit.
    int small_cache;
    enum meanwhile meanwhile;
};

struct faults_counts {
    // Calls on a file that fails, calls that failed with it, retries.
    long runs, failed, retried;
    // Commits for which SQLite answered an error, and which stand.
    long in_doubt;
    // Host's transactions that SQLite ended.
    long ended;
};
extern struct faults_counts faults_counts;

// The folder for the database, and the extension, if there is one.
void faults_begin(const char *folder, const char *extension);
void faults_draw(struct faults_case *drawn);
void faults_describe(const struct faults_case *drawn, long nth);
// Makes each operation fail in turn, until a run has no fault.
void faults_run(const struct faults_case *drawn);

#endif
