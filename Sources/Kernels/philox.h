// What random numbers one at a time and sixteen at a time share: Philox's constants, and the bounded
// draw.
#ifndef MOS_PHILOX_H
#define MOS_PHILOX_H

#include <stdint.h>

enum { philox_rounds = 10 };

static const uint32_t philox_multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t philox_weyl[2] = {0x9E3779B9u, 0xBB67AE85u};

/// Lemire (2019): the upper half of draw * range, redrawn where the lower half falls into the
/// 2^64 mod range values that would favour some results. True if `result` was drawn.
static inline int bounded(uint64_t draw, uint64_t range, uint64_t *result) {
  unsigned __int128 product = (unsigned __int128)draw * range;
  uint64_t low = (uint64_t)product;
  *result = range == 0 ? draw : (uint64_t)(product >> 64);
  return range == 0 || low >= range || low >= -range % range;
}

#endif
