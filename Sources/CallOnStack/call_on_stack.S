// void mos_switch_stack(void *top, void (*function)(void *), void *context)
//
// Calls the function with the stack pointer at `top`, a multiple of 16. The frame pointer keeps the caller's
// stack pointer and the frame is described by it, so that debuggers, profilers and unwinders walk from one
// stack to the other.

#if defined(__APPLE__)
#define NAME _mos_switch_stack
#else
#define NAME mos_switch_stack
#endif

#if defined(__x86_64__)

  .text
  .globl NAME
  .p2align 4
NAME:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  movq %rdi, %rsp
  movq %rdx, %rdi
  callq *%rsi
  movq %rbp, %rsp
  popq %rbp
  .cfi_def_cfa %rsp, 8
  retq
  .cfi_endproc

#elif defined(__aarch64__)

  .text
  .globl NAME
  .p2align 2
NAME:
  .cfi_startproc
  stp x29, x30, [sp, #-16]!
  .cfi_def_cfa_offset 16
  .cfi_offset x30, -8
  .cfi_offset x29, -16
  mov x29, sp
  .cfi_def_cfa x29, 16
  mov sp, x0
  mov x0, x2
  blr x1
  mov sp, x29
  ldp x29, x30, [sp], #16
  .cfi_def_cfa sp, 0
  .cfi_restore x30
  .cfi_restore x29
  ret
  .cfi_endproc

#endif

#if defined(__linux__) && defined(__ELF__)
  .section .note.GNU-stack, "", %progbits
#endif
