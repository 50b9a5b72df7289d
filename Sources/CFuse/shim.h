#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fuse_lowlevel.h>
