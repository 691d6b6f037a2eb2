// What large work is cut into. Fixed numbers, so that the pieces do not depend on how many threads
// there are.
#ifndef MOS_PIECES_H
#define MOS_PIECES_H

enum {
  /// Elements of a task when a loop is split over threads.
  TASK = 1 << 16,
  /// Elements at the bottom of a pairwise sum; its halves are multiples of it.
  LEAF = 512,
};

#endif
