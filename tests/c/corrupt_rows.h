// The rows of a database before and after a call that changes only what it tells, where the file is sound.

#ifndef CORRUPT_ROWS_H
#define CORRUPT_ROWS_H

#include <sqlite3.h>

#include "facilitator_markers.h"

// Before the call. Where integrity_check finds something, or fails, nothing is compared.
void rows_before(sqlite3 *db);
// A callback for repairs.
int rows_told(const fm_change *change, void *nothing);
// The file was damaged within the call.
void rows_forget(void);
// After the call.
void rows_after(sqlite3 *db);

struct rows_counts {
    long compared, told;
};
extern struct rows_counts rows_counts;

#endif
