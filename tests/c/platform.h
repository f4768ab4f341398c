// The rows of a platform, in the tables of tests/host/schema.sql, and what has to hold of them whatever happened.
//
// What doesn't hold is told by wrong(), of harness.h.

#ifndef PLATFORM_H
#define PLATFORM_H

#include <sqlite3.h>

// The id of the nth owner, of those who have no marker yet: an owner's facilitators have it in lower case, or as it is.
#define OWNER "Owner%02dXyAbCdEfGhIjKlMnOpQrStUvWx"
#define OWNER_IN_LOWER_CASE "owner%02dxyabcdefghijklmnopqrstuvwx"

// Owners who have no marker, one who has, one with a date that can't be read, a pair of users whose ids differ in case
// only, an address that means nobody; each user's wallet; and the mistakes of mistakes.h.
void platform_fill(sqlite3 *db, int owners, int mistakes);

// All owners whom platform_fill() makes and a report counts.
#define REPORTED_OWNERS(owners, mistakes) ((owners) + (mistakes) + 2)
// All that platform_fill() makes and a backfill leaves out.
enum { LEFT_OUT = 3 };

// The owner's enrollment date, as the host compares it, to be freed.
char *enrollment_date(sqlite3 *db, const char *user_id);

// The first column of the first row as text, to be freed. Where SQLite fails, it is wrong, and the text says how.
char *text_of(sqlite3 *db, const char *sql);
// The same as a number, or -1.
sqlite3_int64 number_of(sqlite3 *db, const char *sql);

sqlite3_int64 markers_of(sqlite3 *db, const char *user_id);

// All rows but the markers, to be freed.
char *rows_of_the_host(sqlite3 *db);
// The markers, to be freed.
char *all_markers(sqlite3 *db);
// All rows, but when the markers were written, to be freed.
char *all_rows(sqlite3 *db);

// Each marker is whole, and has its owner's enrollment date; those that were wrong are so or mended.
void check_markers(sqlite3 *db);
// The file is as SQLite wants it, and each foreign key means a row.
void check_file(sqlite3 *db);

#endif
