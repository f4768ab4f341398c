// The databases that the faults strike: one for each journal mode, made once, and copied for each run.

#ifndef FAULTS_FILE_H
#define FAULTS_FILE_H

#include <sqlite3.h>

// Owners who have no marker yet, and markers that are wrong.
enum { OWNERS = 6, MISTAKES_MADE = 4 };

void files_begin(const char *folder, const char *extension, const char *const *journals, int number);
// A new copy of the database with this journal mode.
void file_renew(int journal);
// Opens the copy by way of the VFS that fails.
sqlite3 *file_open(void);
// Opens it, or the database that is copied, by way of the default VFS.
sqlite3 *file_open_plainly(int copy);

#endif
