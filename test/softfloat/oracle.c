/* Runs floating-point instructions on this CPU: records {op, control, a, b} on stdin, {r, s, status, trapped} on stdout. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

typedef struct { uint32_t op, control; uint8_t a[16], b[16]; } Case;
typedef struct { uint8_t r[16], s[16]; uint32_t status, trapped; } Answer;

static sigjmp_buf out;
static volatile uint32_t trapped_mxcsr;

static void on_trap(int sig, siginfo_t *info, void *context) {
  (void)sig; (void)info;
  trapped_mxcsr = ((ucontext_t *)context)->uc_mcontext.fpregs->mxcsr;
  siglongjmp(out, 1);
}

#define SSE(n, text) case n: __asm__ volatile( \
    "movups %2, %%xmm0\n movups %3, %%xmm1\n xor %%eax, %%eax\n ldmxcsr %4\n" text "\n stmxcsr %1\n ldmxcsr %5\n movups %%xmm0, %0\n" \
    : "=m"(*(uint8_t (*)[16])o->r), "=m"(o->status), "+m"(*(uint8_t (*)[16])c->a) \
    : "m"(*(uint8_t (*)[16])c->b), "m"(control), "m"(clean) : "rax", "rcx", "xmm0", "xmm1"); break;
#define SSEI(n, text) case n: __asm__ volatile( \
    "movups %2, %%xmm0\n movups %3, %%xmm1\n movq %%xmm0, %%rcx\n xor %%eax, %%eax\n ldmxcsr %4\n" text "\n stmxcsr %1\n ldmxcsr %5\n movq %%rax, %0\n" \
    : "=m"(*(uint64_t *)o->r), "=m"(o->status), "+m"(*(uint8_t (*)[16])c->a) \
    : "m"(*(uint8_t (*)[16])c->b), "m"(control), "m"(clean) : "rax", "rcx", "xmm0", "xmm1"); break;
/* st0 = a, st1 = b */
#define X87(n, text) case n: __asm__ volatile( \
    "fninit\n fldt %4\n fldt %3\n fldcw %5\n" text "\n fnstsw %2\n fnclex\n fldcw %6\n fstpt %0\n fstpt %1\n fninit\n" \
    : "=m"(*(uint8_t (*)[10])o->r), "=m"(*(uint8_t (*)[10])o->s), "=m"(*(uint16_t *)&o->status) \
    : "m"(*(uint8_t (*)[10])c->a), "m"(*(uint8_t (*)[10])c->b), "m"(control), "m"(plain) : "memory"); break;
/* one operand, memory result */
#define X87M(n, text) case n: __asm__ volatile( \
    "fninit\n fldt %2\n fldcw %3\n" text " %0\n fnstsw %1\n fnclex\n fninit\n" \
    : "+m"(*(uint8_t (*)[16])o->r), "=m"(*(uint16_t *)&o->status) \
    : "m"(*(uint8_t (*)[10])c->a), "m"(control) : "memory"); break;
/* memory operand, register result */
#define X87L(n, text) case n: __asm__ volatile( \
    "fninit\n fldcw %3\n" text " %2\n fnstsw %1\n fnclex\n fldcw %4\n fstpt %0\n fninit\n" \
    : "=m"(*(uint8_t (*)[10])o->r), "=m"(*(uint16_t *)&o->status) \
    : "m"(*(uint8_t (*)[16])c->a), "m"(control), "m"(plain) : "memory"); break;

static void run(Case *c, Answer *o) {
  uint32_t control = c->control, clean = 0x1f80;
  uint16_t plain = 0x37f;
  switch (c->op) {
#include "operations.inc"
  }
}

int main(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGFPE, &action, 0);
  static Case c;
  static Answer o;
  while (fread(&c, sizeof c, 1, stdin) == 1) {
    memset(&o, 0, sizeof o);
    if (sigsetjmp(out, 0) == 0) run(&c, &o);
    else {
      uint32_t clean = 0x1f80;
      __asm__ volatile("ldmxcsr %0\n fninit" : : "m"(clean));
      o.status = trapped_mxcsr;
      o.trapped = 1;
    }
    fwrite(&o, sizeof o, 1, stdout);
  }
  return 0;
}
