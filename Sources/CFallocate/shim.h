#include <errno.h>
#include <linux/falloc.h>
#include <sys/types.h>

// The C library shows it only to programs that ask for all of GNU.
extern int fallocate(int file, int mode, off_t offset, off_t length);

static inline int chatark_punch_hole(int file, off_t offset, off_t length) {
    return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length) == 0 ? 0 : errno;
}
