// MMX, whose registers are those of the x87: what each sees of the other, in signal frames and saved states as well.
// Expected output: the host's.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;

// Where a debugger can look at MM0 to MM7.
__attribute__((noinline)) void seen(void) { __asm__ volatile("" ::: "memory"); }

static void environment(const char *when) {
  uint16_t words[14];
  __asm__ volatile("fnstenv %0\n fldenv %0" : "+m"(words));
  printf("%s: control %x, status %x, tags %x\n", when, words[0], words[2], words[4]);
}

static void in_handler(int signal, siginfo_t *info, void *context) {
  (void)info;
  ucontext_t *uc = context;
  const unsigned char *image = (const unsigned char *)uc->uc_mcontext.fpregs;
  printf("signal %d: status %x, tags %x\n", signal, *(uint16_t *)(image + 2), image[4]);
  for (int i = 0; i < 8; i++) printf("  %04x %016lx\n", *(uint16_t *)(image + 32 + 16 * i + 8), *(uint64_t *)(image + 32 + 16 * i));
  *(uint64_t *)(image + 32 + 16) = 0x1122334455667788;
  environment("in it");
}

static void leave(int signal, siginfo_t *info, void *context) {
  (void)info;
  (void)context;
  siglongjmp(back, signal);
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(signal, &action, NULL);
}

static void fill(void) {
  static const uint64_t values[8] = {0, 1, 0x8000000000000000, 0xc000000000000000, 0x0001000200030004, 0x7f80ff01fe020380, 0x3f8000003f000000, ~0UL};
  __asm__ volatile(
      "movq (%0), %%mm0\n movq 8(%0), %%mm1\n movq 16(%0), %%mm2\n movq 24(%0), %%mm3\n"
      "movq 32(%0), %%mm4\n movq 40(%0), %%mm5\n movq 48(%0), %%mm6\n movq 56(%0), %%mm7" ::"r"(values));
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  environment("at first");
  fill();
  seen();
  environment("eight written");
  handle(SIGUSR1, in_handler);
  raise(SIGUSR1);
  uint64_t value;
  __asm__ volatile("movq %%mm1, %0" : "=r"(value));
  printf("MM1 is now %lx\n", value);
  __asm__ volatile("emms");
  environment("emptied");

  // The x87's stack grows down from its last register.
  long double x = 2.5L, y = -0.0L, sum;
  __asm__ volatile("fldt %1\n fldt %2\n movq %%mm7, %0" : "=r"(value) : "m"(x), "m"(y));
  printf("2.5 in MM7 is %lx\n", value);
  environment("two pushed, one read");
  __asm__ volatile("emms\n fldt %1\n movd %%mm0, %%eax\n fstpt %0" : "=m"(sum) : "m"(x) : "eax");
  printf("TOP is where MM0 is: %d\n", sum == x);
  environment("popped");
  __asm__ volatile("fninit");

  // A push on a full stack is an overflow, which is told at the next instruction that waits.
  handle(SIGFPE, leave);
  uint16_t control = 0x37e;
  switch (sigsetjmp(back, 1)) {
    case 0:
      fill();
      __asm__ volatile("fldcw %0\n fld1\n paddb %%mm0, %%mm1" ::"m"(control));
      puts("nothing");
      break;
    default:
      puts("the overflow is told before MMX goes on");
  }
  environment("behind it");
  __asm__ volatile("fninit");

  handle(SIGSEGV, leave);
  unsigned char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(pages + 4096, 4096, PROT_NONE);
  memset(pages, 0x11, 4096);
  __asm__ volatile("fldt %0" ::"m"(x));
  if (sigsetjmp(back, 1) == 0) {
    __asm__ volatile("paddb (%0), %%mm2" ::"r"(pages + 4092));
    puts("nothing");
  } else
    environment("a refused operand");
  uint64_t mask = 0x80ff00000000ff00, data = 0x0807060504030201;
  __asm__ volatile("movq %1, %%mm3\n movq %2, %%mm4\n maskmovq %%mm3, %%mm4\n movntq %%mm4, 8(%0)\n emms" ::"D"(pages), "m"(mask), "m"(data) : "memory");
  for (int i = 0; i < 16; i++) printf("%02x%s", pages[i], i == 15 ? "\n" : " ");
  return 0;
}
