// The embedded `.mos` modules.
#ifndef MOS_STANDARD_LIBRARY_H
#define MOS_STANDARD_LIBRARY_H
#include <stddef.h>

/// One embedded module.
typedef struct {
  const char *_Nonnull name;
  const unsigned char *_Nonnull text;
  size_t size;
} mos_module;

/// Every module, ended by the count below.
extern const mos_module mos_modules[];
/// How many there are.
extern const size_t mos_module_count;

/// The module of an index; Swift cannot index an array of unknown length.
static inline const mos_module *_Nonnull mos_module_at(size_t index) { return &mos_modules[index]; }

#endif
