// What ends on a thread: the row of what waits to be freed, and the holders; see Language/Memory.
#include <stdlib.h>

#include "Kernels.h"

_Thread_local int32_t mos_release_level = 0;
_Thread_local mos_row mos_release_row = {0};
_Thread_local mos_holders mos_run_holders = {0};

void *mos_release_room(size_t size) {
  mos_row *row = &mos_release_row;
  if (row->used + size > row->capacity) {
    size_t capacity = row->capacity ? 2 * row->capacity : 1024 * size;
    char *bytes = realloc(row->bytes, capacity);
    if (!bytes) return NULL;
    row->bytes = bytes;
    row->capacity = capacity;
  }
  void *room = row->bytes + row->used;
  row->used += size;
  return room;
}

void *mos_release_take(size_t size) {
  mos_row *row = &mos_release_row;
  if (row->used == 0) {
    free(row->bytes);
    *row = (mos_row){0};
    return NULL;
  }
  row->used -= size;
  return row->bytes + row->used;
}
