// What SQLite calls of the disk in disk.h.

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "disk.h"

struct disk_file {
    sqlite3_file file;
    struct file *on_disk;
    // Whether the folder is synced with the file's next sync, as SQLite's VFS for Unix does for a new journal.
    int syncs_folder;
};

static struct disk_file *of(sqlite3_file *file) {
    return (struct disk_file *)file;
}

static int disk_close(sqlite3_file *file) {
    (void)file;
    return SQLITE_OK;
}

static int disk_read(sqlite3_file *file, void *to, int size, sqlite3_int64 offset) {
    const struct content *content = disk_content(of(file)->on_disk);
    if (disk_has_lost_power()) return SQLITE_IOERR_READ;
    sqlite3_int64 there = content->size - offset;
    if (there >= size) {
        memcpy(to, content->bytes + offset, (size_t)size);
        return SQLITE_OK;
    }
    memset(to, 0, (size_t)size);
    if (there > 0) memcpy(to, content->bytes + offset, (size_t)there);
    return SQLITE_IOERR_SHORT_READ;
}

static int disk_write_from(sqlite3_file *file, const void *from, int size, sqlite3_int64 offset) {
    if (offset + size > LARGEST_FILE) return SQLITE_FULL;
    return disk_write(of(file)->on_disk, from, size, offset) ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int disk_truncate_to(sqlite3_file *file, sqlite3_int64 size) {
    return disk_truncate(of(file)->on_disk, size) ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int disk_sync_file(sqlite3_file *file, int flags) {
    (void)flags;
    if (!disk_sync(of(file)->on_disk)) return SQLITE_IOERR_FSYNC;
    if (of(file)->syncs_folder && !disk_sync_folder()) return SQLITE_IOERR_DIR_FSYNC;
    of(file)->syncs_folder = 0;
    return SQLITE_OK;
}

static int disk_file_size(sqlite3_file *file, sqlite3_int64 *size) {
    *size = disk_content(of(file)->on_disk)->size;
    return disk_has_lost_power() ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

// One connection at a time has a file open.
static int disk_lock(sqlite3_file *file, int lock) {
    (void)file, (void)lock;
    return SQLITE_OK;
}

static int disk_check_reserved_lock(sqlite3_file *file, int *is_locked) {
    (void)file;
    *is_locked = 0;
    return SQLITE_OK;
}

static int disk_file_control(sqlite3_file *file, int operation, void *argument) {
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int disk_sector_size(sqlite3_file *file) {
    (void)file;
    return SECTOR;
}

// What the default VFS promises too: a write leaves the bytes beside it alone.
static int disk_device_characteristics(sqlite3_file *file) {
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int disk_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    if (disk_has_lost_power()) return SQLITE_IOERR_SHMMAP;
    *memory = disk_memory(of(file)->on_disk, region, size, extend);
    return SQLITE_OK;
}

static int disk_shm_lock(sqlite3_file *file, int offset, int number, int flags) {
    (void)file, (void)offset, (void)number, (void)flags;
    return SQLITE_OK;
}

static void disk_shm_barrier(sqlite3_file *file) {
    (void)file;
}

static int disk_shm_unmap(sqlite3_file *file, int removes) {
    if (removes) disk_forget_memory(of(file)->on_disk);
    return SQLITE_OK;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write_from,
    .xTruncate = disk_truncate_to,
    .xSync = disk_sync_file,
    .xFileSize = disk_file_size,
    .xLock = disk_lock,
    .xUnlock = disk_lock,
    .xCheckReservedLock = disk_check_reserved_lock,
    .xFileControl = disk_file_control,
    .xSectorSize = disk_sector_size,
    .xDeviceCharacteristics = disk_device_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static int disk_vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *given) {
    (void)vfs;
    file->pMethods = NULL;
    int is_journal = (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    int is_new_journal = is_journal && !disk_exists(name);
    struct file *on_disk = disk_open(name, (flags & SQLITE_OPEN_CREATE) != 0);
    if (on_disk == NULL) return SQLITE_CANTOPEN;
    *of(file) = (struct disk_file){.file = {&METHODS}, .on_disk = on_disk, .syncs_folder = is_new_journal};
    if (given != NULL) *given = flags;
    return SQLITE_OK;
}

static int disk_vfs_delete(sqlite3_vfs *vfs, const char *name, int syncs_folder) {
    (void)vfs;
    if (disk_has_lost_power()) return SQLITE_IOERR_DELETE;
    if (!disk_exists(name)) return SQLITE_IOERR_DELETE_NOENT;
    if (!disk_delete(name)) return SQLITE_IOERR_DELETE;
    return !syncs_folder || disk_sync_folder() ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

static int disk_vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer) {
    (void)vfs, (void)flags;
    *answer = disk_exists(name);
    return disk_has_lost_power() ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int disk_vfs_full_pathname(sqlite3_vfs *vfs, const char *name, int size, char *path) {
    (void)vfs;
    return snprintf(path, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

void disk_register(void) {
    static sqlite3_vfs vfs;
    vfs = *sqlite3_vfs_find(NULL);
    vfs.zName = DISK_VFS;
    vfs.pNext = NULL;
    vfs.szOsFile = sizeof(struct disk_file);
    vfs.mxPathname = 60;
    vfs.xOpen = disk_vfs_open;
    vfs.xDelete = disk_vfs_delete;
    vfs.xAccess = disk_vfs_access;
    vfs.xFullPathname = disk_vfs_full_pathname;
    CHECK_CODE(SQLITE_OK, sqlite3_vfs_register(&vfs, 0));
}
