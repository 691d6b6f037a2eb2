#include "SpawnSupport.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int make_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

// Only async-signal-safe calls stand after the fork: the test program has threads.
pid_t spawn_program(
  const char *path, char *const *arguments, char *const *environment, const char *directory,
  const int streams[3], const char *terminal) {
  pid_t process = fork();
  if (process != 0) return process;

  setsid();
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
  if (directory && chdir(directory) != 0) _exit(127);
  if (terminal) {
    int opened = open(terminal, O_RDWR);
    for (int stream = 0; stream < 3; stream++) dup2(opened, stream);
    if (opened > 2) close(opened);
  } else {
    for (int stream = 0; stream < 3; stream++) dup2(streams[stream], stream);
  }
  execve(path, arguments, environment);
  _exit(127);
}

int signal_thread(pid_t process, pid_t thread, int number) {
  return (int)syscall(SYS_tgkill, process, thread, number);
}
