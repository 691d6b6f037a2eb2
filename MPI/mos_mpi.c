// The functions of MPI that `mos` uses, behind a table that every MPI fills alike: see Sources/CMPI/mos_mpi.h.
//
// Bytes alone are exchanged; who adds them up is the program that calls. A size above PIECE goes in pieces between
// two ranks at a time, since counts of MPI are ints; and whether it does all ranks decide by the same numbers.
#include "../Sources/CMPI/mos_mpi.h"

#include <limits.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Tests make it small.
#ifndef MOS_MPI_PIECE
#define MOS_MPI_PIECE INT_MAX
#endif
static const int64_t PIECE = MOS_MPI_PIECE;

static int own_rank = 0;
static int rank_count = 1;
static char error_text[MPI_MAX_ERROR_STRING + 1];
static char library_text[MPI_MAX_LIBRARY_VERSION_STRING + 1];
// Room for counts and places of each rank, in MPI's words.
static int *counts, *places, *other_counts, *other_places;

static int failed(int code) {
  if (code == MPI_SUCCESS) return 0;
  int length = 0;
  if (MPI_Error_string(code, error_text, &length) != MPI_SUCCESS)
    snprintf(error_text, sizeof error_text, "error %d of MPI", code);
  return -1;
}

static int told(const char *text) {
  snprintf(error_text, sizeof error_text, "%s", text);
  return -1;
}

// The first error leaves the function.
#define TRY(call)                      \
  do {                                 \
    if (failed(call) != 0) return -1;  \
  } while (0)

static int start(int *rank, int *count) {
  // MPI's libraries take these for pictures of the stack; they belong to the program.
  static const int taken[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
  enum { TAKEN = sizeof taken / sizeof *taken };
  struct sigaction before[TAKEN];
  for (int i = 0; i < TAKEN; i++) sigaction(taken[i], NULL, &before[i]);
  int provided = MPI_THREAD_SINGLE;
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  for (int i = 0; i < TAKEN; i++) sigaction(taken[i], &before[i], NULL);
  TRY(code);
  if (provided < MPI_THREAD_FUNNELED) return told("this MPI allows no threads beside the one that calls it");
  TRY(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
  TRY(MPI_Comm_rank(MPI_COMM_WORLD, &own_rank));
  TRY(MPI_Comm_size(MPI_COMM_WORLD, &rank_count));
  int *room = calloc((size_t)rank_count, 4 * sizeof *room);
  if (room == NULL) return told("no memory for the numbers of the ranks");
  counts = room;
  places = room + rank_count;
  other_counts = room + 2 * (size_t)rank_count;
  other_places = room + 3 * (size_t)rank_count;
  *rank = own_rank;
  *count = rank_count;
  return 0;
}

// Words that a wait goes on with after the caller's are gone.
static uint64_t given_words[MOS_MPI_WORDS], largest_words[MOS_MPI_WORDS];
static MPI_Request agreement = MPI_REQUEST_NULL;

static int agree_begin(const uint64_t words[MOS_MPI_WORDS]) {
  memcpy(given_words, words, sizeof given_words);
  TRY(MPI_Iallreduce(given_words, largest_words, MOS_MPI_WORDS, MPI_UINT64_T, MPI_MAX,
                     MPI_COMM_WORLD, &agreement));
  return 0;
}

static int agree_test(uint64_t words[MOS_MPI_WORDS]) {
  int is_done = 0;
  TRY(MPI_Test(&agreement, &is_done, MPI_STATUS_IGNORE));
  if (is_done) memcpy(words, largest_words, sizeof largest_words);
  return is_done;
}

static int broadcast(void *bytes, int64_t size, int root) {
  for (int64_t at = 0; at < size; at += PIECE) {
    int piece = (int)(size - at < PIECE ? size - at : PIECE);
    TRY(MPI_Bcast((char *)bytes + at, piece, MPI_BYTE, root, MPI_COMM_WORLD));
  }
  return 0;
}

// Sends bytes to one rank while bytes come from another, piece by piece.
static int swap(const void *given, int64_t given_size, int to, void *taken, int64_t taken_size, int from) {
  int64_t size = given_size > taken_size ? given_size : taken_size;
  for (int64_t at = 0; at < size; at += PIECE) {
    MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
    if (at < taken_size) {
      int piece = (int)(taken_size - at < PIECE ? taken_size - at : PIECE);
      TRY(MPI_Irecv((char *)taken + at, piece, MPI_BYTE, from, 0, MPI_COMM_WORLD, &requests[0]));
    }
    if (at < given_size) {
      int piece = (int)(given_size - at < PIECE ? given_size - at : PIECE);
      TRY(MPI_Isend((const char *)given + at, piece, MPI_BYTE, to, 0, MPI_COMM_WORLD, &requests[1]));
    }
    TRY(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
  }
  return 0;
}

// How sizes go: as MPI's equal ones, as its different ones, or piece by piece.
typedef enum { EQUAL, DIFFERENT, PIECES } way;

// Sizes as counts and places; `total` is their sum.
static way way_of(const int64_t *sizes, int *counts, int *places) {
  int64_t total = 0;
  way found = EQUAL;
  for (int i = 0; i < rank_count; i++) {
    if (sizes[i] != sizes[0]) found = DIFFERENT;
    if (sizes[i] > PIECE - total) return PIECES;
    counts[i] = (int)sizes[i];
    places[i] = (int)total;
    total += sizes[i];
  }
  return found;
}

static int all_gather(const void *own, const int64_t *sizes, void *all) {
  switch (way_of(sizes, counts, places)) {
    case EQUAL:
      TRY(MPI_Allgather(own, counts[0], MPI_BYTE, all, counts[0], MPI_BYTE, MPI_COMM_WORLD));
      return 0;
    case DIFFERENT:
      TRY(MPI_Allgatherv(own, counts[own_rank], MPI_BYTE, all, counts, places, MPI_BYTE,
                         MPI_COMM_WORLD));
      return 0;
    case PIECES: break;
  }
  char *place = all;
  for (int rank = 0; rank < rank_count; rank++) {
    if (rank == own_rank) memcpy(place, own, (size_t)sizes[rank]);
    if (broadcast(place, sizes[rank], rank) != 0) return -1;
    place += sizes[rank];
  }
  return 0;
}

static int64_t sum_before(const int64_t *sizes, int rank) {
  int64_t sum = 0;
  for (int i = 0; i < rank; i++) sum += sizes[i];
  return sum;
}

static int exchange(const void *own, const int64_t *given, void *pieces, const int64_t *taken,
                    int64_t largest) {
  // What a rank gives in all and takes in all is no more than this, on every rank.
  if (largest <= PIECE / rank_count) {
    way_of(given, counts, places);
    way_of(taken, other_counts, other_places);
    TRY(MPI_Alltoallv(own, counts, places, MPI_BYTE, pieces, other_counts, other_places, MPI_BYTE,
                      MPI_COMM_WORLD));
    return 0;
  }
  for (int step = 0; step < rank_count; step++) {
    int to = (own_rank + step) % rank_count;
    int from = (own_rank - step + rank_count) % rank_count;
    int code = swap((const char *)own + sum_before(given, to), given[to], to,
                    (char *)pieces + sum_before(taken, from), taken[from], from);
    if (code != 0) return -1;
  }
  return 0;
}

static int gather(const void *own, const int64_t *sizes, void *all, int root) {
  switch (way_of(sizes, counts, places)) {
    case EQUAL:
      TRY(MPI_Gather(own, counts[0], MPI_BYTE, all, counts[0], MPI_BYTE, root, MPI_COMM_WORLD));
      return 0;
    case DIFFERENT:
      TRY(MPI_Gatherv(own, counts[own_rank], MPI_BYTE, all, counts, places, MPI_BYTE, root,
                      MPI_COMM_WORLD));
      return 0;
    case PIECES: break;
  }
  if (own_rank != root) return swap(own, sizes[own_rank], root, NULL, 0, MPI_PROC_NULL);
  char *place = all;
  for (int rank = 0; rank < rank_count; rank++) {
    if (rank == root) memcpy(place, own, (size_t)sizes[rank]);
    else if (swap(NULL, 0, MPI_PROC_NULL, place, sizes[rank], rank) != 0) return -1;
    place += sizes[rank];
  }
  return 0;
}

static int scatter(const void *all, const int64_t *sizes, void *own, int root) {
  switch (way_of(sizes, counts, places)) {
    case EQUAL:
      TRY(MPI_Scatter(all, counts[0], MPI_BYTE, own, counts[0], MPI_BYTE, root, MPI_COMM_WORLD));
      return 0;
    case DIFFERENT:
      TRY(MPI_Scatterv(all, counts, places, MPI_BYTE, own, counts[own_rank], MPI_BYTE, root,
                       MPI_COMM_WORLD));
      return 0;
    case PIECES: break;
  }
  if (own_rank != root) return swap(NULL, 0, MPI_PROC_NULL, own, sizes[own_rank], root);
  const char *place = all;
  for (int rank = 0; rank < rank_count; rank++) {
    if (rank == root) memcpy(own, place, (size_t)sizes[rank]);
    else if (swap(place, sizes[rank], rank, NULL, 0, MPI_PROC_NULL) != 0) return -1;
    place += sizes[rank];
  }
  return 0;
}

static void end_all(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

static int finish(void) {
  TRY(MPI_Finalize());
  return 0;
}

static const char *error(void) { return error_text; }

static const char *library(void) {
  int length = 0;
  if (MPI_Get_library_version(library_text, &length) != MPI_SUCCESS) return "an unknown MPI";
  // Some have pages to say; the first line names it.
  library_text[strcspn(library_text, ",\n")] = 0;
  return library_text;
}

__attribute__((visibility("default"))) const mos_mpi_table *mos_mpi(void) {
  static const mos_mpi_table table = {
      MOS_MPI_VERSION, start,   agree_begin, agree_test, all_gather, exchange, broadcast,
      gather,          scatter, end_all,     finish,     error,      library};
  return &table;
}
