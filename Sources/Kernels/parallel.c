// A few threads for large loops, started when the first one runs.
//
// The calling thread works too. Tasks are taken one by one from a counter, so a thread that is
// held up costs at most one task; which thread runs a task never matters to its result. One loop
// runs at a time: a loop started inside a task, or while another thread's is running, runs on
// its own thread alone. A loop whose run is to end leaves the tasks that have not begun.
#include "Kernels.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { MAXIMUM_THREADS = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_there = PTHREAD_COND_INITIALIZER;
static pthread_cond_t work_done = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t one_loop = PTHREAD_MUTEX_INITIALIZER;

// All under `lock`, but the counter.
static int wanted_threads = 0;
static int started_helpers = 0;
static int busy_helpers = 0;
static unsigned long generation = 0;
static int helpers_allowed = 0;
static void (*loop_body)(void *, size_t);
static void *loop_context;
static size_t loop_tasks;
static mos_requests *loop_run;
static atomic_size_t next_task;

static void work(void (*body)(void *, size_t), void *context, size_t tasks) {
  while (!mos_run_ends()) {
    size_t task = atomic_fetch_add_explicit(&next_task, 1, memory_order_relaxed);
    if (task >= tasks) return;
    body(context, task);
  }
}

static void *help(void *place) {
  const int number = (int)(intptr_t)place;
  unsigned long seen = 0;
  pthread_mutex_lock(&lock);
  for (;;) {
    while (generation == seen || number >= helpers_allowed) {
      seen = generation;
      pthread_cond_wait(&work_there, &lock);
    }
    seen = generation;
    void (*body)(void *, size_t) = loop_body;
    void *context = loop_context;
    size_t tasks = loop_tasks;
    mos_run_set(loop_run);
    busy_helpers++;
    pthread_mutex_unlock(&lock);
    work(body, context, tasks);
    mos_run_set(NULL);
    pthread_mutex_lock(&lock);
    if (--busy_helpers == 0) pthread_cond_signal(&work_done);
  }
  return NULL;
}

/// A child of `fork` has none of the threads; it starts its own.
static void forget_helpers(void) {
  pthread_mutex_init(&lock, NULL);
  pthread_mutex_init(&one_loop, NULL);
  pthread_cond_init(&work_there, NULL);
  pthread_cond_init(&work_done, NULL);
  started_helpers = busy_helpers = helpers_allowed = 0;
}

/// Under `lock`.
static void start_helpers(int count) {
  static bool watching = false;
  if (!watching) {
    watching = true;
    pthread_atfork(NULL, NULL, forget_helpers);
  }
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  while (started_helpers < count) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, help, (void *)(intptr_t)started_helpers) != 0) break;
    started_helpers++;
  }
  pthread_attr_destroy(&attributes);
}

/// The cores that this process may run on.
static long usable_cores(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return sysconf(_SC_NPROCESSORS_ONLN);
}

void mos_usable_core_bits(uint8_t *bits, size_t bytes) {
  memset(bits, 0, bytes);
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (size_t core = 0; core < 8 * bytes && core < CPU_SETSIZE; core++)
      if (CPU_ISSET(core, &set)) bits[core / 8] |= (uint8_t)(1 << core % 8);
    return;
  }
#endif
  // Where a process has no cores of its own it may run on all.
  long cores = usable_cores();
  for (size_t core = 0; core < 8 * bytes && (long)core < cores; core++)
    bits[core / 8] |= (uint8_t)(1 << core % 8);
}

int mos_thread_count(void) {
  pthread_mutex_lock(&lock);
  if (wanted_threads == 0) {
    long cores = usable_cores();
    wanted_threads = cores < 1 ? 1 : cores > MAXIMUM_THREADS ? MAXIMUM_THREADS : (int)cores;
  }
  int count = wanted_threads;
  pthread_mutex_unlock(&lock);
  return count;
}

void mos_set_thread_count(int count) {
  pthread_mutex_lock(&lock);
  wanted_threads = count < 1 ? 1 : count > MAXIMUM_THREADS ? MAXIMUM_THREADS : count;
  pthread_mutex_unlock(&lock);
}

void mos_parallel(size_t tasks, void (*body)(void *, size_t), void *context) {
  int threads = mos_thread_count();
  if (mos_run && mos_run->threads > 0 && mos_run->threads < threads) threads = mos_run->threads;
  if (tasks < 2 || threads < 2 || pthread_mutex_trylock(&one_loop) != 0) {
    for (size_t i = 0; i < tasks && !mos_run_ends(); i++) body(context, i);
    return;
  }
  pthread_mutex_lock(&lock);
  int helpers = (size_t)threads > tasks ? (int)tasks - 1 : threads - 1;
  start_helpers(helpers);
  helpers_allowed = helpers;
  loop_body = body;
  loop_context = context;
  loop_tasks = tasks;
  loop_run = mos_run_get();
  atomic_store(&next_task, 0);
  generation++;
  pthread_cond_broadcast(&work_there);
  pthread_mutex_unlock(&lock);
  work(body, context, tasks);
  pthread_mutex_lock(&lock);
  // A helper that has not woken by now must not start: the loop's context ends here.
  helpers_allowed = 0;
  while (busy_helpers > 0) pthread_cond_wait(&work_done, &lock);
  pthread_mutex_unlock(&lock);
  pthread_mutex_unlock(&one_loop);
}
