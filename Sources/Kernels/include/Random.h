// Random numbers by Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011).
//
// A stream is a 64-bit key and a 64-bit counter of blocks; a block is four 32-bit words. The
// upper 64 bits of Philox's counter are 0 but where a function says what it puts there. Blocks are
// used sixteen at a time: with a group's sixteen blocks as rows, its 64 words are read column by
// column, so that word w of block b is number 16 w + b of the group. Every number depends on its
// place alone, so any part of a fill gives the same bits as the whole.
#ifndef MOS_KERNELS_RANDOM_H
#define MOS_KERNELS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/// Blocks in a group.
#define KERNELS_RANDOM_GROUP 16

/// One block as published: four words of counter, two of key, four words out.
void kernels_philox(const uint32_t counter[_Nonnull 4], const uint32_t key[_Nonnull 2],
                    uint32_t out[_Nonnull 4]);

/// Uniform in [0, 1) with 24 bits; 64 numbers a group.
void kernels_uniform_f32(uint64_t key, uint64_t counter, float *_Nonnull out, size_t count);
/// Uniform in [0, 1) with 53 bits; 32 numbers a group.
void kernels_uniform_f64(uint64_t key, uint64_t counter, double *_Nonnull out, size_t count);
/// Standard normal by Box and Muller, from 32-bit uniforms; 64 numbers a group.
void kernels_normal_f32(uint64_t key, uint64_t counter, float *_Nonnull out, size_t count);
/// Standard normal by Box and Muller, from 53-bit uniforms; 32 numbers a group.
void kernels_normal_f64(uint64_t key, uint64_t counter, double *_Nonnull out, size_t count);
/// Exponential with mean 1 from 53-bit uniforms; 32 numbers a group.
void kernels_exponential_f64(uint64_t key, uint64_t counter, double *_Nonnull out, size_t count);

/// Integers in low ..< low + range, without bias; range 0 stands for 2^64. Number i comes from
/// block counter + i, a rejected draw from the same block with the attempt in the upper counter.
void kernels_integers(uint64_t key, uint64_t counter, int64_t low, uint64_t range,
                      int64_t *_Nonnull out, size_t count);
/// Exchanges each of the first `taken` of `count` elements with one at or after its place (Fisher
/// and Yates); the exchange of place i is drawn from block counter + i.
void kernels_shuffle(uint64_t key, uint64_t counter, int64_t *_Nonnull order, size_t count,
                     size_t taken);
/// Gamma numbers of the given shapes and scale 1, and Poisson numbers of the given rates; number i
/// comes from block counter + i with the attempt in the upper counter.
void kernels_gamma(uint64_t key, uint64_t counter, const double *_Nonnull shapes,
                   double *_Nonnull out, size_t count);
void kernels_poisson(uint64_t key, uint64_t counter, const double *_Nonnull rates,
                     double *_Nonnull out, size_t count);
/// An integer below range, as `kernels_integers` draws it from that block.
uint64_t kernels_bounded(uint64_t key, uint64_t counter, uint64_t range);

#endif
