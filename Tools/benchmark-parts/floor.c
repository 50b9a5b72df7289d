/* The floor: the least that a FUSE server can do. It has a tree's names and bytes in memory and leaves out every request
 * that can be left out: READDIRPLUS always, endless time-outs, open and opendir answered ENOSYS. What it takes is what the
 * kernel takes; no server of the same tree is faster without pushing bytes to the kernel unasked.
 *
 *   floor TREE MOUNTPOINT
 *
 * Prints "loaded" when the tree is in memory, and when it was unmounted its requests by kind as one JSON object.
 */
#define FUSE_USE_VERSION 314
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAPPED = 65536 }; /* a file of this size and more is mapped: the page cache is memory, too */

struct node {
    char *name;
    char *bytes;
    size_t parent, first, count; /* children lie side by side, by name */
    struct stat attributes;
};

static struct node *nodes;
static size_t used, room;

#define KINDS(X) X(lookup) X(forget) X(getattr) X(open) X(read) X(opendir) X(readdirplus) X(statfs) X(access) X(getxattr) X(listxattr)
#define ENUMERATOR(kind) count_##kind,
enum { KINDS(ENUMERATOR) count_kinds };
static unsigned long counts[count_kinds];
#define NAME(kind) #kind,
static const char *const names[] = {KINDS(NAME)};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct node *)a)->name, ((const struct node *)b)->name);
}

static char *contents(int directory, const char *name, size_t size) {
    if (size == 0) return NULL;
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (file < 0) fail(name);
    char *bytes;
    if (size >= MAPPED) {
        bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
        if (bytes == MAP_FAILED) fail(name);
    } else {
        bytes = malloc(size);
        if (!bytes || read(file, bytes, size) != (ssize_t)size) fail(name);
    }
    close(file);
    return bytes;
}

static void load(size_t index, int directory) {
    DIR *stream = fdopendir(directory);
    if (!stream) fail("opendir");
    size_t first = used;
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (used == room && !(nodes = realloc(nodes, (room *= 2) * sizeof *nodes))) fail("memory");
        struct node *node = &nodes[used++];
        memset(node, 0, sizeof *node);
        if (!(node->name = strdup(entry->d_name))) fail("memory");
        node->parent = index;
        if (fstatat(directory, node->name, &node->attributes, AT_SYMLINK_NOFOLLOW)) fail(node->name);
    }
    size_t count = used - first;
    qsort(nodes + first, count, sizeof *nodes, by_name);
    nodes[index].first = first;
    nodes[index].count = count;
    for (size_t i = first; i < first + count; i++) {
        nodes[i].attributes.st_ino = i + 1;
        if (S_ISREG(nodes[i].attributes.st_mode)) {
            nodes[i].bytes = contents(directory, nodes[i].name, nodes[i].attributes.st_size);
        } else if (S_ISDIR(nodes[i].attributes.st_mode)) {
            int below = openat(directory, nodes[i].name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (below < 0) fail(nodes[i].name);
            load(i, below);
        }
    }
    closedir(stream);
}

static struct fuse_entry_param entry_of(size_t index) {
    struct fuse_entry_param entry = {.ino = index + 1, .attr = nodes[index].attributes};
    entry.attr_timeout = entry.entry_timeout = 1e9;
    return entry;
}

static void on_init(void *data, struct fuse_conn_info *connection) {
    (void)data;
    connection->want |= connection->capable & FUSE_CAP_READDIRPLUS;
    connection->want &= ~FUSE_CAP_READDIRPLUS_AUTO;
    connection->max_readahead = 1 << 20;
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
    counts[count_lookup]++;
    struct node key = {.name = (char *)name}, *directory = &nodes[parent - 1];
    struct node *found = bsearch(&key, nodes + directory->first, directory->count, sizeof key, by_name);
    struct fuse_entry_param entry = {.entry_timeout = 1e9};
    if (found) entry = entry_of(found - nodes);
    fuse_reply_entry(request, &entry);
}

static void on_forget(fuse_req_t request, fuse_ino_t inode, uint64_t lookups) {
    (void)inode, (void)lookups;
    counts[count_forget]++;
    fuse_reply_none(request);
}

static void on_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets) {
    (void)count, (void)forgets;
    counts[count_forget]++;
    fuse_reply_none(request);
}

static void on_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file) {
    (void)file;
    counts[count_getattr]++;
    fuse_reply_attr(request, &nodes[inode - 1].attributes, 1e9);
}

static void on_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file) {
    (void)inode, (void)file;
    counts[count_open]++;
    fuse_reply_err(request, ENOSYS);
}

static void on_opendir(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file) {
    (void)inode, (void)file;
    counts[count_opendir]++;
    fuse_reply_err(request, ENOSYS);
}

static void on_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *file) {
    (void)file;
    counts[count_read]++;
    off_t end = nodes[inode - 1].attributes.st_size;
    if (offset >= end) {
        fuse_reply_buf(request, NULL, 0);
    } else {
        fuse_reply_buf(request, nodes[inode - 1].bytes + offset, (off_t)size < end - offset ? size : (size_t)(end - offset));
    }
}

static void on_readdirplus(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *file) {
    (void)file;
    counts[count_readdirplus]++;
    static char *buffer;
    static size_t allocated;
    if (allocated < size && !(buffer = realloc(buffer, allocated = size))) fail("memory");
    const struct node *directory = &nodes[inode - 1];
    size_t filled = 0;
    for (size_t k = offset; k < directory->count + 2; k++) {
        struct fuse_entry_param entry = {.ino = 0};
        const char *name = k == 0 ? "." : k == 1 ? ".." : nodes[directory->first + k - 2].name;
        if (k < 2) { /* no inode number in the entry: these two are not looked up */
            entry.attr = nodes[k == 0 ? inode - 1 : directory->parent].attributes;
        } else {
            entry = entry_of(directory->first + k - 2);
        }
        size_t length = fuse_add_direntry_plus(request, buffer + filled, size - filled, name, &entry, k + 1);
        if (length > size - filled) break;
        filled += length;
    }
    fuse_reply_buf(request, buffer, filled);
}

static void on_statfs(fuse_req_t request, fuse_ino_t inode) {
    (void)inode;
    counts[count_statfs]++;
    struct statvfs result = {.f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255, .f_files = used};
    fuse_reply_statfs(request, &result);
}

static void on_access(fuse_req_t request, fuse_ino_t inode, int mask) {
    (void)inode, (void)mask;
    counts[count_access]++;
    fuse_reply_err(request, ENOSYS);
}

static void on_getxattr(fuse_req_t request, fuse_ino_t inode, const char *name, size_t size) {
    (void)inode, (void)name, (void)size;
    counts[count_getxattr]++;
    fuse_reply_err(request, ENOSYS);
}

static void on_listxattr(fuse_req_t request, fuse_ino_t inode, size_t size) {
    (void)inode, (void)size;
    counts[count_listxattr]++;
    fuse_reply_err(request, ENOSYS);
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "usage: floor TREE MOUNTPOINT\n");
        return 2;
    }
    nodes = calloc(room = 1024, sizeof *nodes);
    int root = open(words[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!nodes || root < 0 || fstat(root, &nodes[0].attributes)) fail(words[1]);
    nodes[0].name = "";
    nodes[0].attributes.st_ino = 1;
    used = 1;
    load(0, root);
    printf("loaded\n");
    fflush(stdout);

    struct fuse_lowlevel_ops operations = {
        .init = on_init, .lookup = on_lookup, .forget = on_forget, .forget_multi = on_forget_multi,
        .getattr = on_getattr, .open = on_open, .read = on_read, .opendir = on_opendir, .readdirplus = on_readdirplus,
        .statfs = on_statfs, .access = on_access, .getxattr = on_getxattr, .listxattr = on_listxattr,
    };
    char *mount_words[] = {"floor", "-o", "ro,fsname=floor,subtype=floor", NULL};
    struct fuse_args arguments = FUSE_ARGS_INIT(3, mount_words);
    struct fuse_session *session = fuse_session_new(&arguments, &operations, sizeof operations, NULL);
    if (!session || fuse_set_signal_handlers(session) || fuse_session_mount(session, words[2])) return 1;
    fuse_session_loop(session);
    fuse_session_unmount(session);
    fuse_remove_signal_handlers(session);
    fuse_session_destroy(session);

    printf("{\"requests\":{");
    const char *comma = "";
    for (int kind = 0; kind < count_kinds; kind++) {
        if (counts[kind] == 0) continue;
        printf("%s\"%s\":%lu", comma, names[kind], counts[kind]);
        comma = ",";
    }
    printf("}}\n");
    return 0;
}
