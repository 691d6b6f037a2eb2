// Starting programs and walking stacks for the tests: what Swift's view of the C library leaves out.
#ifndef SPAWN_SUPPORT_H
#define SPAWN_SUPPORT_H
#include <stdbool.h>
#include <sys/types.h>

/// Makes a pipe whose ends no started program inherits; 0, or -1 and errno.
int make_pipe(int ends[_Nonnull 2]);

/// Starts a program as the leader of its own session, with default signals, and gives its process
/// number, or -1. Its standard streams are the three descriptors, or the terminal named, which
/// becomes its controlling one. A program that cannot be run ends with status 127.
pid_t spawn_program(
  const char *_Nonnull path, char *_Nullable const *_Nonnull arguments,
  char *_Nullable const *_Nonnull environment, const char *_Nullable directory,
  const int streams[_Nullable 3], const char *_Nullable terminal);

/// Sends a signal to one thread of a process; 0, or -1 and errno.
int signal_thread(pid_t process, pid_t thread, int number);

/// True under the thread sanitizer, which has room for some ten thousands of calls within each other.
static inline bool is_thread_sanitized(void) {
#if __has_feature(thread_sanitizer)
  return true;
#else
  return false;
#endif
}

/// The frames of the callers, as unwinders find them, that lie on the stack that the system gave the thread.
int frames_on_thread(void);

#endif
