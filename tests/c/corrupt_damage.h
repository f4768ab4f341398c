// Damage to a database on the disk of disk.h.

#ifndef CORRUPT_DAMAGE_H
#define CORRUPT_DAMAGE_H

#include <sqlite3.h>

enum damage {
    BYTES,
    // Of ids and dates.
    TEXTS,
    FILE_HEADER,
    PAGE_HEADER,
    CELL_POINTERS,
    SWAPPED_PAGES,
    COPIED_PAGE,
    RANDOM_PAGE,
    TRUNCATED,
    DAMAGES_OF_A_FILE,
    // By way of PRAGMA writable_schema.
    SCHEMA = DAMAGES_OF_A_FILE,
    DAMAGES,
};
extern const char *const DAMAGE_NAMES[DAMAGES];

// Damages the file with this name, which may be that of a WAL or a rollback journal. Of a file that isn't there, does
// nothing.
void damage_file(const char *name, enum damage damage, int page_size);
// Edits what sqlite_schema says of one of the objects.
void damage_schema(sqlite3 *db);

#endif
