#include "Format.h"

#include <stdio.h>

int kernels_format_double(double value, char conversion, int alternate, int precision, char *out,
                          size_t capacity) {
  char pattern[8] = "%.*e";
  if (alternate) {
    char with_alternate[8] = "%#.*e";
    with_alternate[4] = conversion;
    return snprintf(out, capacity, with_alternate, precision, value);
  }
  pattern[3] = conversion;
  return snprintf(out, capacity, pattern, precision, value);
}
