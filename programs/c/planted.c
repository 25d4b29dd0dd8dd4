/* Faults that are planted, one an argument: what brings each about lies apart from where it shows. Without one, none. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NOINLINE __attribute__((noinline, noclone))

struct node {
  long value;
  struct node *next;
};

static struct node *list;
static char *text = "constant";
static long divisor = 3;

NOINLINE static struct node *make(long value, struct node *next) {
  struct node *node = malloc(sizeof *node);
  node->value = value;
  node->next = next;
  return node;
}

NOINLINE static void drop(struct node *node) { free(node); }

NOINLINE static long second(struct node *node) { return node->next->value; }

/* Frees the first of three, and goes on through it. */
static void useAfterFree(void) {
  list = make(1, make(2, make(3, NULL)));
  drop(list->next);
  drop(list);
  printf("%ld\n", second(list));
}

static void doubleFree(void) {
  struct node *node = make(1, NULL);
  drop(node);
  free(make(2, NULL));
  drop(node);
}

static void invalidFree(void) {
  struct node *node = make(1, NULL);
  drop((struct node *)((char *)node + 24));
}

NOINLINE static void fill(char *into, char with, long count) {
  for (long i = 0; i < count; i++) into[i] = with;
}

NOINLINE static long smashed(long count) {
  volatile char room[16];
  fill((char *)room, 'A', count);
  return room[3];
}

__attribute__((noinline, optimize("stack-protector-all"))) static long guarded(long count) {
  char room[16];
  fill(room, 'A', count);
  return room[3];
}

NOINLINE static void leaves(long value) {
  volatile long room[16];
  for (int i = 0; i < 16; i++) room[i] = value;
}

NOINLINE static long uninitialised(int set) {
  volatile struct {
    long room[8];
    struct node *node;
  } own;
  if (set) own.node = list;
  return own.node->value;
}

NOINLINE static long ratio(long n) { return n / divisor; }

NOINLINE static void setDivisor(long n) { divisor = n; }

NOINLINE static float aligned(float f) {
  float __attribute__((aligned(16))) four[4] = {f, f, f, f};
  __asm__ volatile("movaps (%0), %%xmm0" : : "r"(four) : "xmm0", "memory");
  return four[1];
}

/* Calls a function with the stack one word out of step. */
__asm__(".type outOfStep, @function\n"
        "outOfStep:\n"
        "  sub $16, %rsp\n"
        "  call alignedHere\n"
        "  add $16, %rsp\n"
        "  ret\n"
        ".size outOfStep, .-outOfStep\n");
extern float outOfStep(float);
float alignedHere(float f) { return aligned(f) + 1; }

/* Calls lengthHere with its argument in RSI. */
__asm__(".type inTheWrongRegister, @function\n"
        "inTheWrongRegister:\n"
        "  mov %rdi, %rsi\n"
        "  mov $3, %edi\n"
        "  sub $8, %rsp\n"
        "  call lengthHere\n"
        "  add $8, %rsp\n"
        "  ret\n"
        ".size inTheWrongRegister, .-inTheWrongRegister\n");
extern long inTheWrongRegister(const char *);
long lengthHere(const char *s) {
  long n = 0;
  while (*s++) n++;
  return n;
}

/* Uses RBP, and does not give it back. */
__asm__(".type clobbers, @function\n"
        "clobbers:\n"
        "  mov $0x2a, %ebp\n"
        "  mov %ebp, %eax\n"
        "  ret\n"
        ".size clobbers, .-clobbers\n");
extern long clobbers(void);
__attribute__((noinline, optimize("O0", "no-omit-frame-pointer"))) static long clobbered(void) {
  volatile long a = 1;
  a += clobbers();
  return a;
}

/* As of a function that was not declared: what it gives is taken for an int. */
NOINLINE static int makeInt(void) { return (int)(long)make(1, NULL); }
static void truncated(void) {
  struct node *node = (struct node *)(long)makeInt();
  printf("%ld\n", node->value);
}

NOINLINE static struct node *local(void) {
  struct node node = {1, NULL};
  struct node *volatile at = &node;
  return at;
}

NOINLINE static long deeper(long n) {
  volatile long own[64];
  own[n & 63] = n;
  return n == 0 ? 0 : deeper(n + 1) + own[3];
}

NOINLINE static void *clears(void *ignored) {
  list->next = NULL;
  return ignored;
}

static void byThread(void) {
  list = make(1, make(2, NULL));
  pthread_t other;
  pthread_create(&other, NULL, clears, NULL);
  pthread_join(other, NULL);
  printf("%ld\n", second(list));
}

NOINLINE static void overflow(void) {
  char *one = malloc(24), *other = malloc(24);
  fill(one, 'A', 40);
  free(other);
  free(one);
}

static void (*handler)(int) = (void (*)(int))0;
NOINLINE static void setHandler(void *to) { handler = (void (*)(int))to; }

static void unmapped(void) {
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  page[0] = 1;
  munmap(page, 4096);
  printf("%d\n", page[0]);
}

NOINLINE static void check(long n) { assert(n < 3); }

int main(int argc, char **argv) {
  const char *way = argc > 1 ? argv[1] : "";
  if (!strcmp(way, "free")) useAfterFree();
  if (!strcmp(way, "double")) doubleFree();
  if (!strcmp(way, "invalid")) invalidFree();
  if (!strcmp(way, "smash")) printf("%ld\n", smashed(64));
  if (!strcmp(way, "guard")) printf("%ld\n", guarded(40));
  if (!strcmp(way, "uninit")) {
    leaves(0x1111);
    printf("%ld\n", uninitialised(0));
  }
  if (!strcmp(way, "divide")) {
    setDivisor(0);
    printf("%ld\n", ratio(7));
  }
  if (!strcmp(way, "misaligned")) printf("%f\n", outOfStep(1));
  if (!strcmp(way, "register")) printf("%ld\n", inTheWrongRegister("hello"));
  if (!strcmp(way, "bp")) printf("%ld\n", clobbered());
  if (!strcmp(way, "truncated")) truncated();
  if (!strcmp(way, "local")) {
    struct node *node = local();
    leaves(0x2222);
    printf("%ld\n", second(node));
  }
  if (!strcmp(way, "recursion")) printf("%ld\n", deeper(1));
  if (!strcmp(way, "thread")) byThread();
  if (!strcmp(way, "overflow")) overflow();
  if (!strcmp(way, "constant")) fill(text, 'x', 3);
  if (!strcmp(way, "handler")) {
    setHandler(&divisor);
    handler(1);
  }
  if (!strcmp(way, "unmapped")) unmapped();
  if (!strcmp(way, "assert")) check(5);
  if (!strcmp(way, "format")) printf("%s\n", (char *)divisor);
  puts("end");
  return 0;
}
