// Markers that are wrong, each with a user of its own, and what a repair makes of them.
//
// Of each it is known what it is before and after: anything else in its row is wrong(), of harness.h.

#ifndef MISTAKES_H
#define MISTAKES_H

#include <sqlite3.h>
#include <stdint.h>

#include "facilitator_markers.h"

// The kinds: six that a repair mends, and two that it leaves alone. With fewer markers not all of them are there.
enum { MISTAKE_KINDS = 8 };

// In the tables of tests/host/schema.sql. The markers are numbered from 1 to number, which is at most 63.
void mistakes_fill(sqlite3 *db, int number);

// The marker ids of mistakes_fill(), for GLOB.
#define MISTAKES "mistake*"

// A character for each marker, to be freed: w as it was, m mended, - not there, ? anything else.
char *mistakes_states(sqlite3 *db);

// Each is as it was or as a repair makes it.
void check_mistakes(sqlite3 *db);
// A repair has made all that it makes.
void check_mended(sqlite3 *db);

// What repairs have told: how to undo it, the last change first, and whose numbers it was, a bit for each.
struct told {
    char *undo;
    uint64_t ever;
    // Since the host last set it to 0.
    uint64_t lately;
};

// A callback for repairs. The context is a struct told.
int told_keep(const fm_change *change, void *told);
// What was mended was told.
void check_told(sqlite3 *db, const struct told *told);
// Undoes all that was told, whether it was committed or not, after which each marker has to be as it was.
void check_undo(sqlite3 *db, const struct told *told);
void told_forget(struct told *told);

#endif
