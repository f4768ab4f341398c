/*
 * facilitator-markers: writes enrollment markers into the database of an x402 payment platform, over a SQLite
 * connection that the host owns.
 *
 *     sqlite3 *db = ...;                          // the host's, with the host's tables
 *     int outcome;
 *     fm_marker *marker;
 *     char *errmsg;
 *     if (fm_check_sqlite(sqlite3_libversion(), &errmsg) != SQLITE_OK) ...
 *     if (fm_ensure_facilitator_marker(db, user_id, &outcome, &marker, &errmsg) != SQLITE_OK) {
 *         fprintf(stderr, "%s\n", errmsg ? errmsg : "out of memory");
 *         sqlite3_free(errmsg);
 *     } else if (outcome == FM_CREATED) {
 *         printf("enrolled since %s\n", fm_marker_created_at(marker));
 *     }
 *     fm_marker_free(marker);
 *
 * BUILDING. packaging/c-library builds the shared and the static library from a checkout. A program is linked
 * with one of
 *
 *     cc program.c -Iinclude -Ltarget/release -lfacilitator_markers -lsqlite3
 *     cc program.c -Iinclude target/release/libfacilitator_markers.a -Wl,--gc-sections -lsqlite3 -lpthread -ldl -lm
 *
 * where --gc-sections drops calls that the library doesn't need, and that SQLite 3.40 doesn't have yet. packaging/install-c-library
 * installs it below a prefix, where pkg-config finds facilitator_markers, and CMake facilitator_markers::facilitator_markers.
 *
 * What follows down to the first #define holds for every function, and isn't repeated there.
 *
 * WORDS. A user is a row of "user". An owner is a user to whom a facilitator belongs. A marker is the owner's
 * row in reward_addresses with chain_type 'facilitator'; an owner who has one is enrolled. The enrollment
 * date is the earliest created_at among the owner's facilitators.
 *
 * CONNECTION. db is an open connection of the same copy of SQLite that the library is linked to, which is 3.40
 * or later: fm_check_sqlite() tells. It is borrowed for the call. Nothing about it is configured, and when a
 * function returns, no statement of the library's is left, so that sqlite3_close() right afterwards gives
 * SQLITE_OK. An open fm_backfill or fm_repair is no statement either, but with its connection closed it can only be closed.
 *
 * TRANSACTIONS. In autocommit mode a call commits what it writes. Inside a transaction of the host's, the
 * work becomes part of it, and a call that fails undoes its own work only. sqlite3_get_autocommit() reads the
 * same after as before, except where SQLite itself has rolled the transaction back, as it does after some
 * interrupts, I/O errors, full disks and lack of memory; then the message says so. A call that has nothing to
 * write takes no write lock.
 *
 * RESULT. Functions that return int return a SQLite result code, extended where SQLite has one, whether or
 * not the host turned extended codes on. SQLITE_OK is success, and so is SQLITE_DONE of fm_backfill_step() and
 * fm_repair_step(). An outcome such as FM_UNKNOWN_USER is no failure.
 *
 *     what failed                                                            code                         retry
 *     an argument is NULL that mustn't be, text isn't UTF-8, a step below 1  SQLITE_MISUSE                no
 *     a backfill is used within a step of its own, or after SQLITE_INTERNAL  SQLITE_MISUSE                no
 *     a repair is used so                                                    SQLITE_MISUSE                no
 *     a callback returned other than 0                                       SQLITE_ABORT                 no
 *     an enrollment date that can't be read                                  SQLITE_MISUSE                no
 *     the host lacks tables, columns or unique constraints                   SQLITE_ERROR                 no
 *     SQLite is older than 3.40, or there are two copies in the process      SQLITE_ERROR                 no
 *     the database refuses a marker, or the change of one in a repair:
 *         another row holds its id or address                                SQLITE_CONSTRAINT_UNIQUE     no
 *         a trigger of the host's, or the table doesn't keep it              SQLITE_CONSTRAINT_TRIGGER    no
 *         a CHECK, such as an old list of chain_type values                  SQLITE_CONSTRAINT_CHECK      no
 *         a foreign key                                                      SQLITE_CONSTRAINT_FOREIGNKEY no
 *         a further column that is NOT NULL without a default                SQLITE_CONSTRAINT_NOTNULL    no
 *         a column that stores no text                                       SQLITE_CONSTRAINT_DATATYPE   no
 *         the table of a foreign key is missing, a trigger's text is wrong   SQLITE_ERROR                 no
 *     another connection or statement is in the way                          SQLITE_BUSY, SQLITE_LOCKED   yes
 *     another connection wrote since the host's transaction began to read    SQLITE_BUSY_SNAPSHOT         (1)
 *     locks that other connections kept changing, a schema that changed      SQLITE_PROTOCOL, _SCHEMA     yes
 *     another connection of a shared cache rolled back                       SQLITE_ABORT_ROLLBACK        yes
 *     SQLite could not get memory                                            SQLITE_NOMEM                 yes
 *     sqlite3_interrupt() was called                                         SQLITE_INTERRUPT             (2)
 *     a full disk, an I/O error, a file that can't be opened or written      SQLITE_FULL, _IOERR_..., ... no
 *     the host's authorizer, the host's commit hook                          SQLITE_AUTH, _COMMITHOOK     no
 *     a bug in this library                                                  SQLITE_INTERNAL              no
 *     anything else that SQLite answers                                      the same                     no
 *
 * Retry says whether the same call may succeed a little later though nobody has mended anything. (1) Yes, once
 * the host has rolled its transaction back and begun it again. (2) Not by itself: somebody wanted it to end.
 * Where the message says that SQLite has rolled the host's transaction back, it is that which is to be begun
 * again. After an I/O error in committing with journal_mode TRUNCATE or PERSIST the marker may be there all the
 * same, whole: SQLite had committed, and failed to put the journal away. Calling again is right in any case.
 *
 * OUT-PARAMETERS. Each may be NULL, except backfill of fm_backfill_open() and repair of fm_repair_open(). Those that take a
 * pointer (errmsg, marker, warning, backfill, repair) are set to NULL first, whatever they held. The others are written on
 * success only, and the report of fm_backfill_facilitator_markers() and fm_repair_facilitator_markers() also where something
 * was refused. They must not overlap.
 *
 * CALLBACKS. A callback is called within the call that it is passed to, on the same thread, with a struct and with context,
 * which may be NULL. The struct and all texts in it belong to the library, and are there until the callback returns. A callback
 * returns: it neither throws nor longjmps out. Other than 0 ends the call, which fails with SQLITE_ABORT. It must not close db,
 * nor the fm_repair in whose step it is called.
 *     In fm_for_each_due_owner(), fm_for_each_skipped_owner() and fm_audit_facilitator_markers() it may use db, also to write,
 * and may take its time: no lock is held meanwhile, and no state of the database. Only VACUUM is refused, because a statement
 * that reads no table runs. In fm_repair_facilitator_markers() and fm_repair_step() it must not use db, and others wait for it.
 *
 * MESSAGES. When a function fails, *errmsg is a sentence for the person who has to act on it, in UTF-8. Free
 * it with sqlite3_free(). Without memory for it, it is NULL and the code is SQLITE_NOMEM. No program needs to
 * read it: decide by the code.
 *
 * OWNERSHIP. Arguments belong to the caller, and are not used after the call; only fm_backfill_open() and fm_repair_open()
 * remember db. An fm_marker is freed with fm_marker_free(), an fm_backfill with fm_backfill_close(), an fm_repair with
 * fm_repair_close(), once. An fm_marker and its text don't depend on the connection. A report is the caller's own: numbers,
 * nothing to be freed.
 *
 * TEXT. Text is UTF-8 and ends with a NUL byte; ids that hold a NUL byte can't be passed. Ids are compared
 * byte for byte, and of any length that SQLite takes. In what a callback is told, a value that isn't text is given as SQL
 * writes it, and bytes that aren't UTF-8 become U+FFFD, and so do NUL bytes. Statements and values as SQL writes them are
 * exact.
 *
 * THREADS. There is no state that belongs to a thread, and none that is global. One thread at a time may be
 * in a call with a given connection or with what was opened on it, whatever SQLite's threading mode; which
 * thread, may change from call to call. The same holds for an fm_backfill and an fm_repair. An fm_marker never changes: any
 * number of threads may read it, until one frees it. A function that SQLite calls during a call (a trigger's
 * function, a progress handler) must not free what the call uses. fm_version() and fm_check_sqlite() may be called
 * by any number of threads at once.
 *
 * VERSIONS. FM_VERSION is that of this header, fm_version() that of the library. A program that was compiled with this
 * header runs with any later library whose first two numbers are the same: there, functions and codes may be added,
 * and nothing that is declared here changes, the members of reports included. The structs that callbacks are told may get
 * further members at their ends.
 *
 * INTERRUPTS. From another thread, sqlite3_interrupt() stops a call, at whatever moment it comes, also within the
 * host's transaction, and in the pauses of fm_backfill_facilitator_markers() and fm_repair_facilitator_markers();
 * but not SQLite's own wait for a lock, which ends by the busy timeout. For that a statement that reads no table
 * runs during the call. Between two calls, such as two steps, none does, and SQLite forgets an interrupt.
 *
 * MEMORY. What the library needs beside SQLite comes from malloc(). Where the host's data decide how much, as the
 * length of an id does, and there is too little, the call fails with SQLITE_NOMEM. Only where there is nothing left
 * at all, not even for a few bytes, is the process aborted, as any program in Rust. Of SQLite's own allocations each
 * may fail.
 */


#ifndef FACILITATOR_MARKERS_H
#define FACILITATOR_MARKERS_H

/* Made by cbindgen from src/capi; a test compares the two. Don't edit it. */

#include <stdint.h>

/* So that this header needs no other. */
#ifndef SQLITE3_H
typedef struct sqlite3 sqlite3;
#endif

/* The version of this header, as text and as a number that grows: a million for the first of its three numbers, a
 * thousand for the second, one for the third. */
#define FM_VERSION "0.1.0"
#define FM_VERSION_NUMBER 1000

// The marker was written; it is given as it stands in the table now.
#define FM_CREATED 1

// The user had a marker, which is unchanged and given.
#define FM_ALREADY_ENROLLED 2

// No user has this id.
#define FM_UNKNOWN_USER 3

// No facilitator belongs to this user.
#define FM_NOT_AN_OWNER 4

// No user has exactly this id, and several have ids that differ from it in the case of A-Z only.
#define FM_AMBIGUOUS_USER 5

// A facilitator of this user has a created_at that can't be read, and it may be the earliest.
#define FM_UNREADABLE_DATE 6

// A backfill in steps, for a server that has other things to do meanwhile; after sqlite3_backup.
//
// It remembers the connection, and holds nothing of it: between two steps no statement is open, no lock is
// held, and the host may do on the connection what it likes, except close it and go on. It may be closed
// anywhere; what was committed is whole, and the next backfill does the rest.
typedef struct fm_backfill fm_backfill;

// A marker as it stands in the table: text that never changes, until fm_marker_free().
//
// A marker that the library didn't write may hold anything. A value that isn't text is given as SQL writes
// it, bytes that aren't UTF-8 become U+FFFD, a NULL is the empty string (but for verified_at), and text ends
// at its first NUL byte.
typedef struct fm_marker fm_marker;

// A repair in steps, for a server that has other things to do meanwhile; like fm_backfill.
//
// It remembers the connection, and holds nothing of it: between two steps no statement is open, no lock is
// held, and the host may do on the connection what it likes, except close it and go on. It may be closed
// anywhere; what was committed is whole, and the next repair does the rest.
typedef struct fm_repair fm_repair;

// What a backfill did, or would do. owners = created + already_enrolled + unreadable_date + refused.
typedef struct fm_report {
  // Distinct users to whom a facilitator belongs, and no ambiguous one could.
  int64_t owners;
  // Owners whose marker this backfill created.
  int64_t created;
  // Owners who had a marker.
  int64_t already_enrolled;
  // Owners who have no marker and a facilitator whose created_at can't be read: it may be the earliest.
  int64_t unreadable_date;
  // Owners who have no marker because the database doesn't take it.
  int64_t refused;
  // Distinct values of owner_address that mean no user.
  int64_t unknown_users;
  // Distinct values of owner_address that could mean more than one user.
  int64_t ambiguous_users;
  // Facilitators whose created_at can't be read.
  int64_t unreadable_dates;
} fm_report;

// An owner whom a backfill would enroll.
typedef struct fm_due_owner {
  // The user's id, as stored in "user".
  const char *user_id;
  // The date that the marker would get: YYYY-MM-DD HH:MM:SS, UTC.
  const char *enrollment_date;
  // 1 if that is later than the clock, else 0. A marker is written all the same, because the host's data say so, and
  // nothing counts until then.
  int is_to_come;
} fm_due_owner;

// Is told an owner whom a backfill would enroll. Returns 0 to go on.
typedef int (*fm_due_owner_callback)(const struct fm_due_owner *owner, void *context);

// An owner that a backfill leaves unenrolled.
typedef struct fm_skipped_owner {
  // "unknown_user", "ambiguous_user", "unreadable_date" or "refused".
  const char *reason;
  // The owner_address that means no user for sure with the first two of these, else NULL.
  const char *owner_address;
  // The user who stays unenrolled with the others, else NULL.
  const char *user_id;
  // A sentence that says what to do about it.
  const char *message;
} fm_skipped_owner;

// Is told an owner that a backfill leaves unenrolled. Returns 0 to go on.
typedef int (*fm_skipped_owner_callback)(const struct fm_skipped_owner *owner, void *context);

// Something that is wrong with a marker, and what mends it.
typedef struct fm_finding {
  // "dated_late", "date_form", "not_verified", "duplicate", "orphan", "not_an_owner" or "dated_early".
  const char *name;
  // The marker's id, as it stands in the table; a NULL is the empty string, here and in the following.
  const char *marker_id;
  // The user whom it names.
  const char *user_id;
  // Its address.
  const char *address;
  // Its verification_status.
  const char *verification_status;
  // Its verified_at, or NULL if it has none.
  const char *verified_at;
  // Its created_at.
  const char *created_at;
  // The earliest created_at among the owner's facilitators with "dated_late" and "dated_early", else NULL.
  const char *enrollment_date;
  // The id of the user's marker that the library goes by with "duplicate", else NULL.
  const char *other_marker_id;
  // With "orphan" the only user whose id differs in nothing but the case of A-Z, if there is one, else NULL.
  const char *same_fold;
  // "nothing" has to be done, or nobody knows what; a "repair" sets column to value; it is "withheld" as long as a
  // facilitator of the user is ambiguous or has a date that can't be read; or statement does it, if the host decides so.
  const char *mend;
  // "created_at" or "verification_status" with "repair", else NULL.
  const char *column;
  // The column's new value with "repair", else NULL.
  const char *value;
  // A statement of SQL that deletes this row and no other one with "statement", else NULL.
  const char *statement;
  // A sentence that says what is wrong, and what mends it.
  const char *message;
  // The volume that the marker makes count, in digits, if the cost was asked for and is known, else NULL.
  const char *counted;
  // All volume of the user's facilitators, in digits, or NULL likewise.
  const char *total;
  // How many amounts are in neither, because they aren't whole numbers.
  int64_t unreadable_amounts;
} fm_finding;

// Is told something that is wrong with a marker. Returns 0 to go on.
typedef int (*fm_finding_callback)(const struct fm_finding *finding, void *context);

// What an audit found, each finding counted under its name.
typedef struct fm_audit_report {
  // Markers that were read.
  int64_t markers;
  // Dated after the enrollment date.
  int64_t dated_late;
  // Dated in another form than YYYY-MM-DD HH:MM:SS.
  int64_t date_form;
  // Not verified.
  int64_t not_verified;
  // Further markers of the same user.
  int64_t duplicate;
  // Of nobody.
  int64_t orphan;
  // Of users to whom no facilitator belongs.
  int64_t not_an_owner;
  // Dated before the first facilitator.
  int64_t dated_early;
} fm_audit_report;

// A marker that a repair changes. What is old and new are values as SQL writes them, and NULL where a column isn't changed.
typedef struct fm_change {
  // The row's id.
  const char *marker_id;
  // The user whose marker it is.
  const char *user_id;
  // created_at before.
  const char *created_at_old;
  // created_at now.
  const char *created_at_new;
  // verification_status before.
  const char *verification_status_old;
  // verification_status now.
  const char *verification_status_new;
  // verified_at before.
  const char *verified_at_old;
  // verified_at now.
  const char *verified_at_new;
  // A statement of SQL that gives the row its old values back, byte for byte, unless somebody has changed them since: then
  // it changes nothing.
  const char *undo;
  // A sentence that says what was changed.
  const char *message;
} fm_change;

// Is told a marker that a repair changes. Returns 0 to go on.
typedef int (*fm_change_callback)(const struct fm_change *change, void *context);

// What a repair did.
typedef struct fm_repair_report {
  // Markers that were read.
  int64_t markers;
  // Markers that were changed.
  int64_t repaired;
  // Markers whose change the database doesn't take.
  int64_t refused;
} fm_repair_report;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The library's version, such as "0.1.0". Constant; not to be freed.
const char *fm_version(void);

// Whether the program and the library run on the same copy of SQLite. Call it once before any other
// function, as fm_check_sqlite(sqlite3_libversion(), &errmsg): the address of that text tells one copy from
// another, also where both have the same version.
//
// With two copies in one process (a program with a SQLite of its own, and this library linked to the
// system's) it fails with SQLITE_ERROR. Then call no other function: a connection of one copy passed to the
// other crashes, and the same file opened by both loses its locks. And keep that one message instead of
// freeing it: it comes from the library's copy, whose memory the program's sqlite3_free() can't take back.
int fm_check_sqlite(const char *host_libversion, char **errmsg);

// Writes the enrollment marker of exactly this user, with this enrollment date: for an import, or where the
// date is known better than from the facilitators. That a facilitator belongs to the user is not asked for.
//
// user_id is the id exactly as stored in "user". enrollment_date is YYYY-MM-DD, which may be followed by one
// space, T or t and HH:MM, HH:MM:SS or HH:MM:SS.fraction, and then by a zone, which one space may precede: Z,
// z, or +HH:MM, +HHMM, +HH or the same with -, up to 14:59. Without a zone it is UTC.
//
// *outcome is FM_CREATED, FM_ALREADY_ENROLLED or FM_UNKNOWN_USER. *marker is the marker in the first two
// cases, else NULL.
int fm_create_facilitator_marker(sqlite3 *db,
                                 const char *user_id,
                                 const char *enrollment_date,
                                 int *outcome,
                                 struct fm_marker **marker,
                                 char **errmsg);

// Makes sure that an owner has an enrollment marker, dated with the earliest created_at among the owner's
// facilitators. Call it wherever a facilitator is created, inside the transaction that inserts the
// facilitator.
//
// user_id is the id as stored in "user", or as an owner_address has it, in lower case: the user with exactly
// this id is meant, else the only one whose id differs from it in nothing but the case of A-Z.
//
// *outcome is FM_CREATED, or the first that applies of FM_UNKNOWN_USER or FM_AMBIGUOUS_USER,
// FM_ALREADY_ENROLLED, FM_NOT_AN_OWNER, FM_UNREADABLE_DATE. *marker is the marker with FM_CREATED and
// FM_ALREADY_ENROLLED, else NULL.
int fm_ensure_facilitator_marker(sqlite3 *db,
                                 const char *user_id,
                                 int *outcome,
                                 struct fm_marker **marker,
                                 char **errmsg);

// The row's id: FACILITATOR_OWNER: followed by the user id, in a row that the library wrote. NULL of NULL,
// as with all functions from here to fm_marker_created_at().
const char *fm_marker_id(const struct fm_marker *marker);

// The user's id, as stored in "user".
const char *fm_marker_user_id(const struct fm_marker *marker);

// The same as the id, in a row that the library wrote.
const char *fm_marker_address(const struct fm_marker *marker);

// "verified", in a row that the library wrote.
const char *fm_marker_verification_status(const struct fm_marker *marker);

// When the row was written: YYYY-MM-DD HH:MM:SS, UTC. NULL if the row has none.
const char *fm_marker_verified_at(const struct fm_marker *marker);

// The enrollment date: YYYY-MM-DD HH:MM:SS, UTC.
const char *fm_marker_created_at(const struct fm_marker *marker);

// Frees a marker and its text. Of NULL, does nothing.
void fm_marker_free(struct fm_marker *marker);

// Writes the missing marker of every owner. Run it at every server start: where nothing is missing it only
// reads.
//
// Nobody is enrolled by guessing: an owner_address that could mean several users is counted as ambiguous. In
// autocommit mode it commits as it goes: it writes for 30 ms at a stretch, or 7 ms beside somebody who writes too,
// and then leaves the lock for as long as SQLite's busy timeout needs to get it, unless nobody else can write. After an
// error, calling again does the rest. Inside a transaction, an error undoes all of this call's work, and
// nothing else.
//
// If the database refuses a marker, all other owners are enrolled before the call fails; the message has the
// number of refused markers and the first of them, and *report is written as on success.
int fm_backfill_facilitator_markers(sqlite3 *db,
                                    struct fm_report *report,
                                    char **errmsg);

// What fm_backfill_facilitator_markers() would do now. Writes nothing, takes no write lock, and works on a
// read-only connection.
//
// If something stands in the way of markers, *warning is a sentence that says what, and what to do; else it is
// NULL. Free it with sqlite3_free(). Markers that the schema is known to refuse are counted as refused; what only
// the run of a CHECK or a trigger can tell, a preview can't.
int fm_preview_facilitator_markers(sqlite3 *db,
                                   struct fm_report *report,
                                   char **warning,
                                   char **errmsg);

// Begins a backfill on this connection: reads the schema and the number of facilitators, and writes nothing.
// With SQLITE_OK, *backfill has to be closed by fm_backfill_close(). backfill itself must not be NULL.
int fm_backfill_open(sqlite3 *db, struct fm_backfill **backfill, char **errmsg);

// Visits up to max_owners owners (at least 1; 500 is a good number), in one short write, which is committed
// at once unless the host is in a transaction. SQLITE_OK: there is more to do. SQLITE_DONE: every owner has
// been visited.
//
// Any other code: nothing of this step remains in the database, and the same step can be tried again, with
// nothing lost, done twice or counted twice. Only refused markers are reported at the end, instead of
// SQLITE_DONE: then fm_backfill_progress() gives 0 owners that remain, and the report has them as refused. After
// SQLITE_INTERNAL the backfill can only be closed.
int fm_backfill_step(struct fm_backfill *backfill,
                     int64_t max_owners,
                     char **errmsg);

// How far the backfill is: the counts so far, and how many owners are still to visit, which is 0 exactly
// when every one has been visited, and the number of facilitators as long as the tables are being read. It
// is readable after any step, whatever that answered, and uses no connection.
int fm_backfill_progress(const struct fm_backfill *backfill, struct fm_report *report, int64_t *remaining);

// Ends a backfill, finished or not, and frees it. Doesn't use the connection, which may be closed before. Of
// NULL, does nothing.
void fm_backfill_close(struct fm_backfill *backfill);

// Tells callback each owner whom a backfill would enroll now, and since when, in no particular order. Writes nothing, takes
// no write lock, and works on a read-only connection.
//
// callback may use db: see CALLBACKS. What is changed meanwhile may or may not be told. With SQLITE_ABORT callback returned
// other than 0; after any other failure it may have been told of some owners as well.
int fm_for_each_due_owner(sqlite3 *db,
                          fm_due_owner_callback callback,
                          void *context,
                          char **errmsg);

// Tells callback each owner that a backfill would leave unenrolled, and why, in no particular order. Writes nothing, takes no
// write lock, and works on a read-only connection.
//
// An ambiguous owner_address is left out once the host has settled it, by enrolling all whom it could mean, or one of them
// as early as the facilitators in question. Of the markers that the database would refuse those are told of which the
// schema tells; what only the run of a CHECK or a trigger can tell, this can't.
//
// callback may use db: see CALLBACKS. What is changed meanwhile may or may not be told. With SQLITE_ABORT callback returned
// other than 0; after any other failure it may have been told of some owners as well.
int fm_for_each_skipped_owner(sqlite3 *db,
                              fm_skipped_owner_callback callback,
                              void *context,
                              char **errmsg);

// Tells callback everything that is wrong with the markers that are there, in no particular order. Writes nothing, takes no
// write lock, and works on a read-only connection.
//
// - dated_late: dated after the enrollment date, so that earlier volume is lost. A repair dates it with the enrollment date.
// - date_form: created_at isn't YYYY-MM-DD HH:MM:SS, so that the host compares it wrongly. A repair writes the same instant in
//   that form, or the enrollment date if that is earlier or the date can't be read.
// - not_verified: verification_status isn't verified, and the host counts nothing. A repair sets it, and verified_at where that
//   is NULL.
// - duplicate: a further marker of the same user, so that hosts that sum over markers count twice. A statement is given, for the
//   host to decide on.
// - orphan: user_id names no user. Likewise.
// - not_an_owner: no facilitator is the user's. Nothing is to be mended.
// - dated_early: dated before the first facilitator, which an import may have meant. Nothing is to be mended.
//
// Of a user who has a facilitator that is ambiguous or has a date that can't be read, markers are never repaired. *report has
// how many there are of each.
//
// Unless with_cost is 0, each finding tells what the marker costs, as the database is when it is told: counted is the sum of the
// transactions of the user's facilitators since the marker's date, as the host counts them (type settle, status success, and
// sender and recipient differ; nothing if the marker isn't verified), and total that of all of them. It is known where the host
// has the table transactions with the columns facilitator_id, type, status, from_address, to_address, amount and created_at, and
// the user has a facilitator. Without an index on transactions(facilitator_id), each finding reads that table.
//
// callback may use db: see CALLBACKS. What is changed meanwhile may or may not be told. With SQLITE_ABORT callback returned
// other than 0; after any other failure it may have been told of some findings as well.
int fm_audit_facilitator_markers(sqlite3 *db,
                                 int with_cost,
                                 fm_finding_callback callback,
                                 void *context,
                                 struct fm_audit_report *report,
                                 char **errmsg);

// Mends the markers that are wrong, as far as nobody has to guess: what fm_audit_facilitator_markers() calls dated_late,
// date_form and not_verified. A second repair finds nothing to do, and only reads.
//
// A marker never becomes later than it was. One whose user has a facilitator that is ambiguous, or whose date can't be read, is
// left alone, and so are duplicates and orphans: deleting is for the host. What somebody else changes meanwhile is left alone
// too, or looked at again.
//
// callback is told each change right before it is committed, so that a log that it writes has all that was committed. It may
// also have what was not, where the commit failed or the process died: then the undo of that change does nothing. callback must
// not use db, and others wait for it. If it returns other than 0, what this would have committed next is undone, and the call
// fails with SQLITE_ABORT.
//
// In autocommit mode it commits as it goes, at the pace of fm_backfill_facilitator_markers(); after an error, calling again
// does the rest. Inside a transaction, an error undoes all of this call's work, and nothing else.
//
// If the database refuses a change, all other markers are mended before the call fails; the message has the number of
// refused changes and the first of them, and *report is written as on success.
int fm_repair_facilitator_markers(sqlite3 *db,
                                  fm_change_callback callback,
                                  void *context,
                                  struct fm_repair_report *report,
                                  char **errmsg);

// Begins a repair on this connection: reads the schema and the number of facilitators, and writes nothing.
// With SQLITE_OK, *repair has to be closed by fm_repair_close(). repair itself must not be NULL.
int fm_repair_open(sqlite3 *db, struct fm_repair **repair, char **errmsg);

// Mends up to max_markers markers (at least 1; 500 is a good number), in one short write, which is committed
// at once unless the host is in a transaction. SQLITE_OK: there is more to do. SQLITE_DONE: every marker has
// been visited.
//
// callback is told each change right before it is committed, as by fm_repair_facilitator_markers(), and must not use the
// connection. If it returns other than 0, the step is undone, and fails with SQLITE_ABORT.
//
// Any other code: nothing of this step remains in the database, and the same step can be tried again, with
// nothing lost, done twice or counted twice; then callback is told again. Only refused changes are reported at the end,
// instead of SQLITE_DONE: then fm_repair_progress() says that it is done, and the report has them as refused. After
// SQLITE_INTERNAL the repair can only be closed.
int fm_repair_step(struct fm_repair *repair,
                   int64_t max_markers,
                   fm_change_callback callback,
                   void *context,
                   char **errmsg);

// How far the repair is: the counts so far, and in *is_done 1 exactly when every marker has been visited, else 0. It
// is readable after any step, whatever that answered, and uses no connection.
int fm_repair_progress(const struct fm_repair *repair,
                       struct fm_repair_report *report,
                       int *is_done);

// Ends a repair, finished or not, and frees it. Doesn't use the connection, which may be closed before. Of
// NULL, does nothing.
void fm_repair_close(struct fm_repair *repair);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FACILITATOR_MARKERS_H */
