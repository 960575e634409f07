/*
 * A destination that is reserved to be replaced, as file.h does, and what is known about a file.
 */
#ifndef STORE_RESERVATION_H
#define STORE_RESERVATION_H

#include "base/buffer.h"

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* What is known about a file; only exists is set when it does not. */
struct store_file_facts {
    bool exists;
    bool modeless; /* group or others are let in, and the file system may know no other way */
    mode_t mode;   /* the permission bits, 07777 */
    uid_t owner;
    gid_t group;
    nlink_t links; /* the names it has; what a rename replaces is only one */
    off_t size;    /* bytes */
    dev_t device;
    ino_t inode;
    struct timespec modified;
};

/*
 * What becomes of a destination that another user owns, in a directory where everyone may write or
 * that is sticky: that user may have put it there to receive a secret.
 */
enum store_foreign {
    STORE_FOREIGN_REFUSE, /* and name another file as the way out */
    STORE_FOREIGN_OFFER,  /* the same, and name --replace too, which root may use */
    STORE_FOREIGN_REPLACE /* root replaces it by a new file of its own, of mode 0600 */
};

/* A destination that is sure to be writable. */
struct store_reservation {
    struct buffer path;            /* the destination itself, symbolic links resolved */
    struct buffer temporary;       /* the locked file that will become it */
    struct buffer old;             /* the destination's content, empty when there is none */
    struct store_file_facts facts; /* of the destination when it was read */
    struct store_file_facts fresh; /* of the temporary file when it was made */
    int descriptor;                /* of the temporary file, -1 when closed */
    int directory;                 /* of its directory, -1 when closed */
    bool changed;  /* set by store_commit: it failed because another process changed the destination
                    */
    bool placed;   /* the new content is in place under the destination's name */
    bool foreign;  /* another user's file is replaced by one of root's own */
    bool exposed;  /* the file system lets others use the new file, whatever its mode */
    bool narrowed; /* what everyone might do with the old file is taken away */
    bool regrouped; /* the old group, which might do nothing, is not that of the new file */
    enum store_foreign policy;
};

#define STORE_RESERVATION_EMPTY                                                                    \
    {                                                                                              \
        .descriptor = -1, .directory = -1                                                          \
    }

#endif
