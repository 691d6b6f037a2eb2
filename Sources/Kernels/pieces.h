// What large work is cut into. Fixed numbers, so that the pieces do not depend on how many threads
// there are.
#ifndef MOS_PIECES_H
#define MOS_PIECES_H

enum {
  /// Elements of a task when a loop is split over threads.
  TASK = 1 << 16,
  /// Elements at the bottom of a pairwise sum; its halves are multiples of it.
  LEAF = 512,
  /// Halvings of a row that is reduced on several threads.
  HALVINGS = 6,
  /// Elements after which a long loop looks whether its run is to end: some milliseconds.
  LOOK = 1 << 20,
};

/// Steps i through 0 ..< n, and leaves at a multiple of `LOOK` where the run is to end.
#define EACH_UNTIL_ENDED(i, n)                                                      \
  EACH_PIECE(n) for (size_t i = begin; i < end; i++)

/// Goes through the pieces `begin ..< end` of 0 ..< n, and leaves before one where the run is to end.
#define EACH_PIECE(n)                                                               \
  for (size_t begin = 0, end; begin < (n) && (begin == 0 || !mos_run_ends()) &&     \
                              (end = (n)-begin < LOOK ? (n) : begin + LOOK);        \
       begin += LOOK)

#endif
