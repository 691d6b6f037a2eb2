// What each exchange costs in plain MPI, by size; exchanges.mos beside it measures ours.
//
//     mpicc -O2 -o exchanges exchanges.c; mpirun -n 2 ./exchanges
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static const int sizes[] = {8, 8192, 1 << 20, 8 << 20};
static const int rounds[] = {2000, 1000, 50, 10};

// The sum in the order of ranks that ours has, and so what it must be measured against.
static void all_reduce(double *own, double *all, int size, int count) {
  MPI_Allgather(own, size, MPI_BYTE, all, size, MPI_BYTE, MPI_COMM_WORLD);
  for (int rank = 1; rank < count; rank++)
    for (int i = 0; i < size / 8; i++) all[i] += all[rank * (size / 8) + i];
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, count;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &count);
  for (int k = 0; k < 4; k++) {
    int size = sizes[k];
    double *own = calloc(1, (size_t)size), *all = calloc((size_t)count, (size_t)size);
    for (int name = 0; name < 4; name++) {
      double best = 1e9;
      for (int repeat = 0; repeat < 5; repeat++) {
        MPI_Barrier(MPI_COMM_WORLD);
        double start = MPI_Wtime();
        for (int round = 0; round < rounds[k]; round++) {
          if (name == 0) all_reduce(own, all, size, count);
          if (name == 1) MPI_Allgather(own, size, MPI_BYTE, all, size, MPI_BYTE, MPI_COMM_WORLD);
          if (name == 2) MPI_Bcast(own, size, MPI_BYTE, 0, MPI_COMM_WORLD);
          if (name == 3) MPI_Barrier(MPI_COMM_WORLD);
        }
        double each = (MPI_Wtime() - start) / rounds[k];
        if (each < best) best = each;
      }
      static const char *names[] = {"all_reduce", "all_gather", "broadcast", "barrier"};
      if (rank == 0) printf("%s %d %.3f\n", names[name], size, best * 1e6);
    }
    free(own);
    free(all);
  }
  MPI_Finalize();
  return 0;
}
