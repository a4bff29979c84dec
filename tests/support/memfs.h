/* A file system in memory that fails and crashes where a test says.
 *
 * It stands below base/file.h. Every file has content and every folder has entries twice:
 * as the running system shows them, and as they are on the disk. Data reaches the disk by
 * a sync of the file, a name (create, rename, unlink, make_folder) by a sync of its
 * folder; nothing else is promised, as by POSIX. A failed sync loses what it should have
 * written for good, as Linux does: a later sync that succeeds does not bring it back.
 *
 *     for (uint64_t k = 1; ; k++) {
 *         memfs *fs = memfs_new();
 *         memfs_plan(fs, k, MEMFS_CRASH);
 *         run();                               // through shub__file_*
 *         int done = !memfs_fault_came(fs);
 *         memfs_reboot(fs, MEMFS_POWER_SOME, k);
 *         look();
 *         memfs_free(fs);
 *         if (done)
 *             break;
 *     }
 */
#ifndef TESTS_SUPPORT_MEMFS_H
#define TESTS_SUPPORT_MEMFS_H

#include "base/file.h"

#include <stdint.h>

typedef struct memfs memfs;

/* What happens at the planned call. After a crash every call gives -EIO and does nothing.
 */
typedef enum memfs_fault {
    MEMFS_NONE = 0,
    MEMFS_CRASH = 1,       /* the call does nothing, and the system is dead */
    MEMFS_CRASH_AFTER = 2, /* the call does its work unseen: it fails, and all is dead */
    MEMFS_SHORT = 3,       /* a write stores half; the next write on it gives -ENOSPC */
    MEMFS_SHORT_CRASH = 4, /* a write stores half, and all is dead */
    MEMFS_ENOSPC = 5,      /* calls that need room */
    MEMFS_EIO = 6,         /* every call but close, which closes, and unlock */
    MEMFS_EMFILE = 7,      /* calls that open a descriptor */
    MEMFS_FAULTS = 8
} memfs_fault;

/* What is left when the system is up again. */
typedef enum memfs_boot {
    MEMFS_KILLED = 0, /* only the process died: everything that was done, and what was not
                         synced may still be lost by a later cut of power */
    MEMFS_POWER_ALL = 1,  /* power went: only what was synced */
    MEMFS_POWER_SOME = 2, /* power went: of what was not synced some, by the seed; data
                             may be cut at any byte or be a hole of NUL bytes */
    MEMFS_BOOTS = 3
} memfs_boot;

const char *memfs_fault_name(memfs_fault fault);
const char *memfs_boot_name(memfs_boot boot);

/* Makes an empty file system and puts it in force (shub__file_set_calls). */
memfs *memfs_new(void);
/* Frees it and puts the real file system back. */
void memfs_free(memfs *fs);

/* Its calls, for a test that puts another table above. */
const shub__file_calls *memfs_calls_table(const memfs *fs);

/* Counts calls from 1 again; call number `k` gets the fault; 0: none. */
void memfs_plan(memfs *fs, uint64_t k, memfs_fault fault);
uint64_t memfs_calls(const memfs *fs);
/* 1 when call k was reached, whether or not the fault fits that call. */
int memfs_fault_came(const memfs *fs);
/* 1 when a crash was reached: nothing works until memfs_reboot. */
int memfs_dead(const memfs *fs);

/* As a crash at this moment: what the process still does has no effect. */
void memfs_crash(memfs *fs);
/* Calls `fn` at each crash, so that what else the process would do can be stopped. */
typedef void memfs_crash_fn(void *user);
void memfs_on_crash(memfs *fs, memfs_crash_fn *fn, void *user);
/* Closes every descriptor, frees every lock, keeps what `boot` leaves, forgets the plan.
 */
void memfs_reboot(memfs *fs, memfs_boot boot, uint64_t seed);

/* Times of what is made and written from now on. */
void memfs_set_now(memfs *fs, int64_t now_us);
/* What free_bytes answers; writes do not use it up. */
void memfs_set_free(memfs *fs, int64_t free_bytes);
/* Descriptors open now. */
int memfs_open_count(const memfs *fs);

#endif
