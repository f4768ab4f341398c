// A file system in memory that keeps what was synced apart from what was written, and loses power.
//
// disk.c has its files and the power loss, disk_vfs.c what SQLite calls. There is one disk, with one folder.

#ifndef DISK_H
#define DISK_H

#include <sqlite3.h>

#define DISK_VFS "disk"

enum {
    SECTOR = 512,
    // A file that is damaged may say that it is larger than any memory.
    LARGEST_FILE = 1 << 26,
};

// A stretch of bytes.
struct content {
    unsigned char *bytes;
    sqlite3_int64 size, capacity;
};

struct file;

void disk_register(void);
// Nothing is on the disk after this.
void disk_clear(void);
// Everything written so far is synced, and so is the folder.
void disk_sync_all(void);

// The power goes at the nth write, truncation, sync or deletion from now on, in the middle of it. From then on nothing
// succeeds until disk_power_returns(). 0: it stays on.
void disk_power_goes_at(long nth);
int disk_has_lost_power(void);

struct disk_losses {
    long power_losses, sectors_lost, sectors_torn, truncations_lost, creations_lost, deletions_lost;
};
extern struct disk_losses disk_losses;

// What was not synced is kept, lost or torn at random, sector by sector, and so are truncations, and what happened to
// names in the folder. Gives whether a deletion of a rollback journal was lost.
int disk_power_returns(void);

// What SQLite calls, see disk_vfs.c. Each gives 0 where the power is gone. A temporary file has no name.
struct file *disk_open(const char *name, int creates);
int disk_write(struct file *file, const void *from, int size, sqlite3_int64 offset);
int disk_truncate(struct file *file, sqlite3_int64 size);
int disk_sync(struct file *file);
int disk_sync_folder(void);
int disk_delete(const char *name);
int disk_exists(const char *name);
// What is in the file now.
struct content *disk_content(struct file *file);
void content_resize(struct content *content, sqlite3_int64 size);
// The shared memory of a WAL: a region, which is made if it is to be.
void *disk_memory(struct file *file, int region, int size, int makes);
void disk_forget_memory(struct file *file);

#endif
