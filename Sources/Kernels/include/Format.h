// printf for one number.
#ifndef MOS_KERNELS_FORMAT_H
#define MOS_KERNELS_FORMAT_H

#include <stddef.h>

/// `%.<precision><conversion>`, with `#` if alternate, for a conversion of e E f F g G, into a
/// buffer of that capacity; the text's length, more than the capacity where it did not fit.
int kernels_format_double(double value, char conversion, int alternate, int precision,
                          char *_Nonnull out, size_t capacity);

#endif
