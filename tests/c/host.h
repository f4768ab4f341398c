// A host's database for the C tests: the tables of tests/host/schema.sql, and rows in few words.
//
// Each program gets that file and an empty folder as arguments.

#ifndef HOST_H
#define HOST_H

#include <sqlite3.h>

#include "check.h"
#include "facilitator_markers.h"

#define DAY "2026-01-21 10:00:00"
#define LATER "2026-03-01 00:00:00"

extern char *host_schema;

void host_begin(int argc, char **argv);
// Nothing of SQLite's is left after this.
void host_end(void);

sqlite3 *host_in_memory(void);
// The connections that are opened with the same name share a file, which is new at the first.
sqlite3 *host_file(const char *name);
// sqlite3_close() must give SQLITE_OK: no statement is left.
void host_close(sqlite3 *db);

void run(sqlite3 *db, const char *sql);
sqlite3_int64 number(sqlite3 *db, const char *sql);
void add_user(sqlite3 *db, const char *id);
void add_facilitator(sqlite3 *db, const char *owner_address, const char *created_at);
// A user with one facilitator.
void add_owner(sqlite3 *db, const char *id);
sqlite3_int64 markers(sqlite3 *db);
// A marker that the host wrote, with this id and created_at; verified, if verified_at isn't NULL.
void add_marker(sqlite3 *db, const char *id, const char *user_id, const char *created_at, const char *verified_at);
// How many markers have this created_at.
sqlite3_int64 markers_dated(sqlite3 *db, const char *created_at);

// A text that isn't NULL where a pointer must become NULL.
#define GARBAGE ((void *)0x5a5a)

// That a call that has just failed explained itself, left no statement, and left the transaction as it was.
// Frees the message, and makes errmsg garbage for the next call.
void failed(sqlite3 *db, int in_transaction, char **errmsg, const char *explanation);

#endif
