// Loops over libmvec's functions, one vector a turn.
//
// Clang settles how vectors are passed from the whole file's target, not from a function's, so C
// code that is compiled for AVX by attribute cannot call a function of AVX vectors: the arguments
// would go through memory. Here they are put into their registers.
//
//   void mos_map1_…(void (*function)(void), size_t vectors, const void *x, void *y)
//   void mos_map2_…(void (*function)(void), size_t vectors, const void *a, const void *b, void *y)

#if defined(__x86_64__) && defined(__linux__)

.macro SAVE
  pushq %rbx
  .cfi_adjust_cfa_offset 8
  pushq %rbp
  .cfi_adjust_cfa_offset 8
  pushq %r12
  .cfi_adjust_cfa_offset 8
  pushq %r13
  .cfi_adjust_cfa_offset 8
  pushq %r14
  .cfi_adjust_cfa_offset 8
  movq %rdi, %rbx
  movq %rsi, %rbp
  movq %rdx, %r12
  movq %rcx, %r13
  movq %r8, %r14
.endm

.macro RESTORE
  popq %r14
  .cfi_adjust_cfa_offset -8
  popq %r13
  .cfi_adjust_cfa_offset -8
  popq %r12
  .cfi_adjust_cfa_offset -8
  popq %rbp
  .cfi_adjust_cfa_offset -8
  popq %rbx
  .cfi_adjust_cfa_offset -8
  ret
.endm

.macro MAPS level, first, second, bytes, move, clear:vararg
  .globl mos_map1_\level
  .type mos_map1_\level, @function
mos_map1_\level:
  .cfi_startproc
  SAVE
  testq %rbp, %rbp
  je 2f
1:
  \move (%r12), \first
  call *%rbx
  \move \first, (%r13)
  addq $\bytes, %r12
  addq $\bytes, %r13
  decq %rbp
  jne 1b
2:
  \clear
  RESTORE
  .cfi_endproc
  .size mos_map1_\level, . - mos_map1_\level

  .globl mos_map2_\level
  .type mos_map2_\level, @function
mos_map2_\level:
  .cfi_startproc
  SAVE
  testq %rbp, %rbp
  je 2f
1:
  \move (%r12), \first
  \move (%r13), \second
  call *%rbx
  \move \first, (%r14)
  addq $\bytes, %r12
  addq $\bytes, %r13
  addq $\bytes, %r14
  decq %rbp
  jne 1b
2:
  \clear
  RESTORE
  .cfi_endproc
  .size mos_map2_\level, . - mos_map2_\level
.endm

  .text
  MAPS baseline, %xmm0, %xmm1, 16, movups
  MAPS avx2, %ymm0, %ymm1, 32, vmovups, vzeroupper
  MAPS avx512, %zmm0, %zmm1, 64, vmovups, vzeroupper

#endif

#if defined(__linux__) && defined(__ELF__)
  .section .note.GNU-stack, "", @progbits
#endif
