#include <pthread.h>
#include <stdint.h>
#include <unwind.h>

#include "SpawnSupport.h"

typedef struct {
  uintptr_t low, high;
  int count;
} walk;

static _Unwind_Reason_Code look(struct _Unwind_Context *frame, void *told) {
  walk *w = told;
  uintptr_t address = _Unwind_GetCFA(frame);
  if (address >= w->low && address < w->high) w->count++;
  return _URC_NO_REASON;
}

int frames_on_thread(void) {
  pthread_attr_t attributes;
  void *low;
  size_t size;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  walk w = {(uintptr_t)low, (uintptr_t)low + size, 0};
  _Unwind_Backtrace(look, &w);
  return w.count;
}
