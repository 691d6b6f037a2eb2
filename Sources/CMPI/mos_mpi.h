// What `mos` calls of the library libmos_mpi.so, which `make mpi` makes of MPI/mos_mpi.c: a table of functions,
// in which nothing is of one MPI or another. The program loads it where it is a rank of several.
//
// Functions that can fail give 0 where they did what they are for; `error` has the text otherwise. All are called
// from one thread. Sizes are in bytes and of any number: what is above the counts of MPI goes in pieces.
#ifndef MOS_MPI_H
#define MOS_MPI_H

#include <stdint.h>

enum {
  // The version of this table, its first field; a change of any other changes it.
  MOS_MPI_VERSION = 1,
  // The words of an agreement, always all of them: ranks that agree on different things still meet.
  MOS_MPI_WORDS = 8,
};

typedef struct mos_mpi_table {
  int version;

  /// Starts MPI, and gives the number of this rank and how many there are.
  int (*start)(int *rank, int *count);

  /// Begins to find the largest of each word over all ranks. One at a time.
  int (*agree_begin)(const uint64_t words[MOS_MPI_WORDS]);
  /// 1 where all ranks have come, and the largest words; 0 where some have not; below 0 after an error. The
  /// only wait for others that may be long: all that follows an agreement they have agreed on.
  int (*agree_test)(uint64_t words[MOS_MPI_WORDS]);

  /// Every rank's bytes, one behind another; `sizes` is the same on every rank.
  int (*all_gather)(const void *own, const int64_t *sizes, void *all);
  /// Piece r of `own` for rank r, and rank r's piece for this one; `largest`, the same on every rank, is that of
  /// the largest piece of all.
  int (*exchange)(const void *own, const int64_t *given, void *pieces, const int64_t *taken,
                  int64_t largest);
  /// The bytes of one rank on every rank.
  int (*broadcast)(void *bytes, int64_t size, int root);
  /// Every rank's bytes on one rank, one behind another; `sizes` is the same on every rank.
  int (*gather)(const void *own, const int64_t *sizes, void *all, int root);
  /// Piece r of one rank's bytes on rank r; `sizes` is the same on every rank.
  int (*scatter)(const void *all, const int64_t *sizes, void *own, int root);

  /// Ends the processes of all ranks with a status.
  void (*abort)(int status);
  /// Ends MPI, on all ranks together.
  int (*finish)(void);
  /// What went wrong last, and the MPI that this is.
  const char *(*error)(void);
  const char *(*library)(void);
} mos_mpi_table;

/// The name of the one function that the library shows.
#define MOS_MPI_ENTRY "mos_mpi"
typedef const mos_mpi_table *(*mos_mpi_entry)(void);

#endif
