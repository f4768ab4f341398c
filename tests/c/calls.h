// The library's calls, in one form for the C library and for the SQLite extension: a program is linked with
// calls_library.c and the library, or with calls_extension.c.
//
// Each call gives a result code, and in *message what the library said, to be freed with sqlite3_free().

#ifndef CALLS_H
#define CALLS_H

#include <sqlite3.h>

#include "facilitator_markers.h"

// What the calls go through, for a line of counts.
extern const char *const CALLS;
// Whether one call gives a report, which the SQL functions don't.
extern const int CALLS_REPORT;

// What a host does once for each connection that it opens. The argument is the extension's file.
void calls_connect(sqlite3 *db, const char *extension);

// *outcome is one of the FM_ constants.
int call_create(sqlite3 *db, const char *user_id, const char *date, int *outcome, char **message);
int call_ensure(sqlite3 *db, const char *user_id, int *outcome, char **message);
int call_backfill(sqlite3 *db, char **message);
int call_preview(sqlite3 *db, fm_report *report, char **message);

// A backfill in steps. With SQLITE_OK there is more to do, with SQLITE_DONE it is finished.
struct steps;
int steps_open(sqlite3 *db, struct steps **steps, char **message);
int steps_next(struct steps *steps, int owners, char **message);
// Only where CALLS_REPORT.
void steps_report(const struct steps *steps, fm_report *report);
// Of NULL, does nothing.
void steps_close(struct steps *steps);

// A repair tells each change before it is committed. The SQL functions are called in the host's transaction only: where
// there is none, in one of their own, which is committed once tell has been told.
int call_repair(sqlite3 *db, fm_change_callback tell, void *told, char **message);

// A repair in steps, with the same codes as a backfill.
struct repair;
int repair_open(sqlite3 *db, struct repair **repair, char **message);
int repair_next(struct repair *repair, int markers, fm_change_callback tell, void *told, char **message);
// Of NULL, does nothing.
void repair_close(struct repair *repair);

// Calls that only read. The findings are counted, with what each costs if that is wanted; the markers only where
// CALLS_REPORT.
int call_audit(sqlite3 *db, int with_cost, fm_audit_report *report, char **message);
// How many owners a backfill would enroll and leave out.
int call_lists(sqlite3 *db, int *due, int *skipped, char **message);

#endif
