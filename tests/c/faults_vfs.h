// A VFS over the default one whose nth operation fails, once or from then on.

#ifndef FAULTS_VFS_H
#define FAULTS_VFS_H

#include <sqlite3.h>

#define FAULTS_VFS "faults"

enum operation {
    READ,
    WRITE,
    TRUNCATE,
    SYNC,
    FILE_SIZE,
    LOCK,
    CHECK_RESERVED_LOCK,
    SHM_MAP,
    SHM_LOCK,
    OPEN,
    DELETE,
    // What makes a deletion last.
    SYNC_FOLDER,
    ACCESS,
    OPERATIONS,
};
extern const char *const OPERATION_NAMES[OPERATIONS];

// A kind of fault strikes only those operations that can answer so: BUSY the locks, FULL what makes a file larger.
enum kind { IO_ERROR, FULL, BUSY, KINDS };
extern const char *const KIND_NAMES[KINDS];

void faults_register(void);
// The nth operation that the kind can strike fails, counted from now on; none where nth is 0.
void faults_arm(enum kind kind, int goes_on, long nth);
// Between these two, operations neither fail nor count.
void faults_pause(void);
void faults_resume(void);
void faults_disarm(void);
// Faults since faults_arm().
long faults_struck(void);
// Faults by operation since the program's start, and of these since faults_arm() the first; OPERATIONS without any.
extern long faults_by_operation[OPERATIONS];
enum operation faults_first(void);
// Whether one struck what ends a rollback journal, when everything else of a commit is done: then SQLite answers an
// error though the commit may stand.
int faults_left_commit_in_doubt(void);

#endif
