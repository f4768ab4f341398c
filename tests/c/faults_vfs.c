// See faults_vfs.h.

#include "faults_vfs.h"

#include <string.h>

#include "check.h"

const char *const OPERATION_NAMES[OPERATIONS] = {
    "read",    "write",    "truncate", "sync",   "file size",   "lock",  "check reserved lock",
    "shm map", "shm lock", "open",     "delete", "sync folder", "access"};
const char *const KIND_NAMES[KINDS] = {"IOERR", "FULL", "BUSY"};

static sqlite3_vfs *real_vfs;
static int armed, paused, goes_on, in_doubt;
static enum kind kind;
static long nth, count, struck;
static enum operation first;
long faults_by_operation[OPERATIONS];

void faults_arm(enum kind of_kind, int from_then_on, long number) {
    kind = of_kind;
    goes_on = from_then_on;
    nth = number;
    count = struck = 0;
    in_doubt = 0;
    first = OPERATIONS;
    armed = nth > 0;
}

void faults_pause(void) {
    paused = 1;
}

void faults_resume(void) {
    paused = 0;
}

void faults_disarm(void) {
    armed = 0;
}

long faults_struck(void) {
    return struck;
}

enum operation faults_first(void) {
    return first;
}

int faults_left_commit_in_doubt(void) {
    return in_doubt;
}

static int can_strike(enum operation operation) {
    switch (kind) {
        case FULL: return operation == WRITE || operation == SHM_MAP;
        case BUSY: return operation == LOCK || operation == SHM_LOCK;
        default: return 1;
    }
}

static int fails(enum operation operation) {
    if (!armed || paused || !can_strike(operation)) return 0;
    count++;
    if (count < nth || (count > nth && !goes_on)) return 0;
    if (struck++ == 0) first = operation;
    faults_by_operation[operation]++;
    return 1;
}

struct faulty_file {
    sqlite3_file file;
    int is_journal;
    // The default VFS's file follows.
};

static sqlite3_file *real(sqlite3_file *file) {
    return (sqlite3_file *)((struct faulty_file *)file + 1);
}

static int fails_on(sqlite3_file *file, enum operation operation) {
    if (!fails(operation)) return 0;
    if (((struct faulty_file *)file)->is_journal) in_doubt = 1;
    return 1;
}

static int faulty_close(sqlite3_file *file) {
    return real(file)->pMethods->xClose(real(file));
}

static int faulty_read(sqlite3_file *file, void *to, int size, sqlite3_int64 offset) {
    if (fails_on(file, READ)) return SQLITE_IOERR_READ;
    return real(file)->pMethods->xRead(real(file), to, size, offset);
}

static int faulty_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 offset) {
    if (!fails_on(file, WRITE)) return real(file)->pMethods->xWrite(real(file), from, size, offset);
    // The write is torn: its first half is in the file.
    int code = size > 1 ? real(file)->pMethods->xWrite(real(file), from, size / 2, offset) : SQLITE_OK;
    CHECK(code == SQLITE_OK);
    return kind == FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size) {
    if (fails_on(file, TRUNCATE)) return SQLITE_IOERR_TRUNCATE;
    return real(file)->pMethods->xTruncate(real(file), size);
}

static int faulty_sync(sqlite3_file *file, int flags) {
    (void)flags;
    // Nothing here loses power, so nothing has to wait for a disk.
    return fails_on(file, SYNC) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int faulty_file_size(sqlite3_file *file, sqlite3_int64 *size) {
    if (fails_on(file, FILE_SIZE)) return SQLITE_IOERR_FSTAT;
    return real(file)->pMethods->xFileSize(real(file), size);
}

static int faulty_lock(sqlite3_file *file, int lock) {
    if (fails_on(file, LOCK)) return kind == BUSY ? SQLITE_BUSY : SQLITE_IOERR_LOCK;
    return real(file)->pMethods->xLock(real(file), lock);
}

static int faulty_unlock(sqlite3_file *file, int lock) {
    return real(file)->pMethods->xUnlock(real(file), lock);
}

static int faulty_check_reserved_lock(sqlite3_file *file, int *is_locked) {
    if (fails_on(file, CHECK_RESERVED_LOCK)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    return real(file)->pMethods->xCheckReservedLock(real(file), is_locked);
}

static int faulty_file_control(sqlite3_file *file, int operation, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int faulty_sector_size(sqlite3_file *file) {
    return real(file)->pMethods->xSectorSize(real(file));
}

static int faulty_device_characteristics(sqlite3_file *file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int faulty_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    if (fails_on(file, SHM_MAP)) return kind == FULL ? SQLITE_FULL : SQLITE_IOERR_SHMMAP;
    return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}

static int faulty_shm_lock(sqlite3_file *file, int offset, int number, int flags) {
    int locks = (flags & SQLITE_SHM_UNLOCK) == 0;
    if (locks && fails_on(file, SHM_LOCK)) return kind == BUSY ? SQLITE_BUSY : SQLITE_IOERR_SHMLOCK;
    return real(file)->pMethods->xShmLock(real(file), offset, number, flags);
}

static void faulty_shm_barrier(sqlite3_file *file) {
    real(file)->pMethods->xShmBarrier(real(file));
}

static int faulty_shm_unmap(sqlite3_file *file, int removes) {
    return real(file)->pMethods->xShmUnmap(real(file), removes);
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 2,
    .xClose = faulty_close,
    .xRead = faulty_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = faulty_file_size,
    .xLock = faulty_lock,
    .xUnlock = faulty_unlock,
    .xCheckReservedLock = faulty_check_reserved_lock,
    .xFileControl = faulty_file_control,
    .xSectorSize = faulty_sector_size,
    .xDeviceCharacteristics = faulty_device_characteristics,
    .xShmMap = faulty_shm_map,
    .xShmLock = faulty_shm_lock,
    .xShmBarrier = faulty_shm_barrier,
    .xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *given) {
    (void)vfs;
    file->pMethods = NULL;
    if (fails(OPEN)) return SQLITE_CANTOPEN;
    ((struct faulty_file *)file)->is_journal = (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0;
    int code = real_vfs->xOpen(real_vfs, name, real(file), flags, given);
    if (real(file)->pMethods != NULL) file->pMethods = &METHODS;
    return code;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *name, int syncs_folder) {
    (void)vfs;
    if (fails(DELETE)) return SQLITE_IOERR_DELETE;
    int code = real_vfs->xDelete(real_vfs, name, 0);
    if (code == SQLITE_OK && syncs_folder && fails(SYNC_FOLDER)) {
        in_doubt = 1;
        return SQLITE_IOERR_DIR_FSYNC;
    }
    return code;
}

static int faulty_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer) {
    (void)vfs;
    if (fails(ACCESS)) return SQLITE_IOERR_ACCESS;
    return real_vfs->xAccess(real_vfs, name, flags, answer);
}

static int faulty_full_pathname(sqlite3_vfs *vfs, const char *name, int size, char *path) {
    (void)vfs;
    return real_vfs->xFullPathname(real_vfs, name, size, path);
}

// Whoever is in the way stays there, so nobody needs to be waited for.
static int faulty_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;
}

void faults_register(void) {
    static sqlite3_vfs vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = FAULTS_VFS;
    vfs.pNext = NULL;
    vfs.szOsFile = (int)sizeof(struct faulty_file) + real_vfs->szOsFile;
    vfs.xOpen = faulty_open;
    vfs.xDelete = faulty_delete;
    vfs.xAccess = faulty_access;
    vfs.xFullPathname = faulty_full_pathname;
    vfs.xSleep = faulty_sleep;
    CHECK_CODE(SQLITE_OK, sqlite3_vfs_register(&vfs, 0));
}
