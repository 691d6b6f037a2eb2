// What large work is cut into. Fixed numbers, so that the pieces do not depend on how many threads
// there are.
#ifndef MOS_PIECES_H
#define MOS_PIECES_H

enum {
  /// Elements of a task when a loop is split over threads.
  TASK = 1 << 16,
  /// Elements at the bottom of a pairwise sum; its halves are multiples of it.
  LEAF = 512,
  /// Elements after which a long loop looks whether its run is to end: some milliseconds.
  LOOK = 1 << 20,
};

/// Steps i through 0 ..< n, and leaves at a multiple of `LOOK` where the run is to end.
#define EACH_UNTIL_ENDED(i, n)                                                      \
  for (size_t i = 0, stop; i < (n) && (i == 0 || !mos_run_ends());)                 \
    for (stop = (n)-i < LOOK ? (n) : i + LOOK; i < stop; i++)

#endif
