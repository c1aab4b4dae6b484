/*
 * Preloaded into a process and its children: numbers the calls that write below one folder, and makes one of them fail.
 *   GV_FAULT_ROOT   the folder
 *   GV_FAULT_COUNT  a file of 16 bytes with the number of calls and of matches so far, shared by all processes
 *   GV_FAULT_AT     the call that fails, from 0; none if negative
 *   GV_FAULT_MATCH  a call's name, a space and the end of its path: only such calls are numbered; the first one fails if
 *                   GV_FAULT_AT is negative
 *   GV_FAULT_KIND   kill, half (a write is cut short, then the process is killed), ENOSPC, EIO or EACCES
 *   GV_FAULT_LOG    a file that receives a line for each call: its number, process, name and path
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *root, *logfile, *match;
static size_t root_length;
static long fault_at = -1;
static int fault_errno;
static int is_half;
static volatile long *counter;

__attribute__((constructor)) static void start(void) {
  root = getenv("GV_FAULT_ROOT");
  const char *count = getenv("GV_FAULT_COUNT"), *at = getenv("GV_FAULT_AT"), *kind = getenv("GV_FAULT_KIND");
  logfile = getenv("GV_FAULT_LOG");
  if (!root || !count) { root = NULL; return; }
  root_length = strlen(root);
  int fd = syscall(SYS_openat, AT_FDCWD, count, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) { root = NULL; return; }
  counter = mmap(NULL, 2 * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (counter == MAP_FAILED) { root = NULL; return; }
  if (at) fault_at = atol(at);
  match = getenv("GV_FAULT_MATCH");
  if (!kind) kind = "kill";
  is_half = !strcmp(kind, "half");
  fault_errno = !strcmp(kind, "ENOSPC") ? ENOSPC : !strcmp(kind, "EIO") ? EIO : !strcmp(kind, "EACCES") ? EACCES : 0;
}

static int inside(const char *path) {
  return !strncmp(path, root, root_length) && (path[root_length] == '/' || path[root_length] == 0);
}

/* Copies the absolute path. Returns 0 if it is not below the root. */
static int absolute(int dir, const char *path, char *out) {
  if (!root || !path) return 0;
  if (path[0] == '/') snprintf(out, PATH_MAX, "%s", path);
  else {
    char base[PATH_MAX], link[64];
    if (dir == AT_FDCWD) { if (!getcwd(base, sizeof base)) return 0; }
    else {
      snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
      ssize_t n = readlink(link, base, sizeof base - 1);
      if (n < 0) return 0;
      base[n] = 0;
    }
    if ((size_t)snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
  }
  return inside(out);
}

static int of_handle(int fd, char *out) {
  if (!root) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, out, PATH_MAX - 1);
  if (n < 0) return 0;
  out[n] = 0;
  return inside(out);
}

static int matches(const char *name, const char *path) {
  size_t length = strlen(name), path_length = strlen(path);
  if (strncmp(match, name, length) || match[length] != ' ') return 0;
  const char *end = match + length + 1;
  if (path_length < strlen(end) || strcmp(path + path_length - strlen(end), end)) return 0;
  return __sync_fetch_and_add(counter + 1, 1) == (fault_at < 0 ? 0 : fault_at);
}

/* Returns 0 to go on, 1 for a failure with errno, 2 for half a write. */
static int reached(const char *name, const char *path) {
  long number = __sync_fetch_and_add(counter, 1);
  if (logfile) {
    char line[2 * PATH_MAX + 64];
    int n = snprintf(line, sizeof line, "%ld %d %s %s\n", number, (int)getpid(), name, path);
    int fd = syscall(SYS_openat, AT_FDCWD, logfile, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) { syscall(SYS_write, fd, line, n); syscall(SYS_close, fd); }
  }
  if (match ? !matches(name, path) : number != fault_at) return 0;
  if (is_half && strstr(name, "write")) return 2;
  if (fault_errno) { errno = fault_errno; return 1; }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define PATH(dir, path, call) \
  char full[PATH_MAX]; \
  if (absolute(dir, path, full) && reached(call, full)) return -1
#define HANDLE(fd, call) \
  char full[PATH_MAX]; \
  if (of_handle(fd, full) && reached(call, full)) return -1

static mode_t mode_of(int flags, va_list list) { return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0; }
#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); va_list list; va_start(list, flags); mode_t mode = mode_of(flags, list); va_end(list); \
    if (flags & (O_CREAT | O_TRUNC)) { PATH(AT_FDCWD, path, "open"); } \
    return real(path, flags, mode); \
  }
#define OPENAT(name) \
  int name(int dir, const char *path, int flags, ...) { \
    REAL(name); va_list list; va_start(list, flags); mode_t mode = mode_of(flags, list); va_end(list); \
    if (flags & (O_CREAT | O_TRUNC)) { PATH(dir, path, "open"); } \
    return real(dir, path, flags, mode); \
  }
OPEN(open) OPEN(open64) OPENAT(openat) OPENAT(openat64)

static void half(int fd, const void *bytes, size_t length) {
  syscall(SYS_write, fd, bytes, length / 2);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}
#define WRITTEN(fd, bytes, length, call) \
  char full[PATH_MAX]; \
  if (of_handle(fd, full)) { int how = reached(call, full); if (how == 2) half(fd, bytes, length); if (how) return -1; }

ssize_t write(int fd, const void *bytes, size_t length) { REAL(write); WRITTEN(fd, bytes, length, "write") return real(fd, bytes, length); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { REAL(pwrite); WRITTEN(fd, bytes, length, "pwrite") return real(fd, bytes, length, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { REAL(pwrite64); WRITTEN(fd, bytes, length, "pwrite") return real(fd, bytes, length, at); }
ssize_t writev(int fd, const struct iovec *parts, int count) { REAL(writev); WRITTEN(fd, count ? parts[0].iov_base : "", count ? parts[0].iov_len : 0, "writev") return real(fd, parts, count); }
int fsync(int fd) { REAL(fsync); HANDLE(fd, "fsync"); return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); HANDLE(fd, "fsync"); return real(fd); }
int ftruncate(int fd, off_t length) { REAL(ftruncate); HANDLE(fd, "ftruncate"); return real(fd, length); }
int ftruncate64(int fd, off64_t length) { REAL(ftruncate64); HANDLE(fd, "ftruncate"); return real(fd, length); }
/* The log has the new path and then the old one, with a tab between. */
static int renamed(int a, const char *from, int b, const char *to) {
  char target[PATH_MAX], source[PATH_MAX], both[2 * PATH_MAX];
  if (!absolute(b, to, target)) return 0;
  snprintf(both, sizeof both, "%s\t%s", target, absolute(a, from, source) ? source : "");
  return reached("rename", both);
}
int rename(const char *from, const char *to) { REAL(rename); if (renamed(AT_FDCWD, from, AT_FDCWD, to)) return -1; return real(from, to); }
int renameat(int a, const char *from, int b, const char *to) { REAL(renameat); if (renamed(a, from, b, to)) return -1; return real(a, from, b, to); }
int unlink(const char *path) { REAL(unlink); PATH(AT_FDCWD, path, "unlink"); return real(path); }
int unlinkat(int dir, const char *path, int flags) { REAL(unlinkat); PATH(dir, path, "unlink"); return real(dir, path, flags); }
int rmdir(const char *path) { REAL(rmdir); PATH(AT_FDCWD, path, "rmdir"); return real(path); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); PATH(AT_FDCWD, path, "mkdir"); return real(path, mode); }
int link(const char *from, const char *to) { REAL(link); PATH(AT_FDCWD, to, "link"); return real(from, to); }
int symlink(const char *target, const char *path) { REAL(symlink); PATH(AT_FDCWD, path, "symlink"); return real(target, path); }
int fchmod(int fd, mode_t mode) { REAL(fchmod); HANDLE(fd, "fchmod"); return real(fd, mode); }
