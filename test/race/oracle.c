// The race runtime of a Go toolchain, driven line by line: what the models of src/runtime/race are held against.
// Built by test/support/race.ts. CLKOFF: the offset of ThreadState.clock, 0x2c, or 0x30 in the race runtime for GOAMD64=v3.
//
// Numbers are C's: decimal, 0x, 0. T is a thread's index (0 is there from the start), off an offset in a heap of 1 MiB at 0xc011110000.
//  start P T pc (P = -1: by nobody) | end T | enter T pc | exit T | r T off pc | w T off pc | rr T off len pc | wr T off len pc
//  rpc T off callpc pc | wpc T off callpc pc | acq T off | rel T off | relacq T off | relmerge T off
//  aload64 T off | astore64 T off v | aadd64 T off v | axchg64 T off v | acas64 T off old new | the same with 32
//  malloc off size | free off size | ignb T | igne T | fing T | mlock T off write | munlock T off write
//  sh off | meta off | thr T | clk T | count | # comment | fini
// Reports go to standard output too.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef unsigned long word;

extern void __tsan_init(void **thr, void **proc, void (*callback)(word, void *));
extern void __tsan_fini(void);
extern void __tsan_map_shadow(void *, word);
extern void __tsan_go_start(void *, void **, word);
extern void __tsan_go_end(void *);
extern void __tsan_func_enter(void *, word), __tsan_func_exit(void *);
extern void __tsan_read(void *, word, word), __tsan_write(void *, word, word);
extern void __tsan_read_pc(void *, word, word, word), __tsan_write_pc(void *, word, word, word);
extern void __tsan_read_range(void *, word, word, word), __tsan_write_range(void *, word, word, word);
extern void __tsan_acquire(void *, word), __tsan_release(void *, word);
extern void __tsan_release_acquire(void *, word), __tsan_release_merge(void *, word);
extern void __tsan_malloc(void *, word, word, word), __tsan_free(word, word);
extern void __tsan_go_ignore_sync_begin(void *), __tsan_go_ignore_sync_end(void *);
extern void __tsan_finalizer_goroutine(void *);
extern void __tsan_mutex_before_lock(void *, word, word), __tsan_mutex_after_lock(void *, word, word);
extern void __tsan_mutex_before_unlock(void *, word, word);
extern void __tsan_report_count(word *);
typedef void atomic(void *, word, word, uint8_t *);
extern atomic __tsan_go_atomic32_load, __tsan_go_atomic32_store, __tsan_go_atomic32_fetch_add, __tsan_go_atomic32_exchange,
  __tsan_go_atomic32_compare_exchange, __tsan_go_atomic64_load, __tsan_go_atomic64_store, __tsan_go_atomic64_fetch_add,
  __tsan_go_atomic64_exchange, __tsan_go_atomic64_compare_exchange;

static const struct { const char *name; atomic *call; int size; } atomics[] = {
  {"aload32", __tsan_go_atomic32_load, 4},
  {"astore32", __tsan_go_atomic32_store, 4},
  {"aadd32", __tsan_go_atomic32_fetch_add, 4},
  {"axchg32", __tsan_go_atomic32_exchange, 4},
  {"acas32", __tsan_go_atomic32_compare_exchange, 4},
  {"aload64", __tsan_go_atomic64_load, 8},
  {"astore64", __tsan_go_atomic64_store, 8},
  {"aadd64", __tsan_go_atomic64_fetch_add, 8},
  {"axchg64", __tsan_go_atomic64_exchange, 8},
  {"acas64", __tsan_go_atomic64_compare_exchange, 8},
};

#define HEAP 0xc011110000ul
#define HEAP_SIZE (1ul << 20)
static void *proc;
static void *threads[100000];

static void callback(word command, void *argument) {
  if (command == 0) {
    *(void **)argument = proc;
  } else if (command == 1) {
    struct { word pc; char *function, *file; word line, offset, found; } *frame = argument;
    char name[32];
    snprintf(name, sizeof name, "f%lx", frame->pc + 1);
    frame->function = strdup(name);
    frame->file = "x.go";
    frame->line = 1;
    frame->offset = frame->pc + 1;
    frame->found = 1;
  }
}

static void cell(uint32_t value) {
  if (value == 0) printf(" -");
  else
    printf(" {acc=%02x sid=%u ep=%u %c%s}", value & 255, value >> 8 & 255, value >> 16 & 0x3fff, value >> 30 & 1 ? 'R' : 'W',
           value >> 31 ? "a" : "");
}

static void look_at_thread(word index, uint8_t *thread) {
  uint32_t fast = *(uint32_t *)thread;
  long depth = (*(long *)(thread + 8) - *(long *)(thread + 0x238)) / 8;
  printf("thr%lu sid=%u ep=%u ign_sync=%d stackdepth=%ld tid=%u\n", index, fast >> 8 & 255, fast >> 16 & 0x3fff, *(int *)(thread + 4), depth,
         *(uint32_t *)(thread + 0x24c));
}

static int do_atomic(const char *command, word thread, word offset, word first, word second) {
  for (size_t i = 0; i < sizeof atomics / sizeof *atomics; i++) {
    if (strcmp(command, atomics[i].name)) continue;
    uint8_t frame[64] = {0};
    *(word *)frame = HEAP + offset;
    memcpy(frame + 8, &first, atomics[i].size);
    memcpy(frame + 8 + atomics[i].size, &second, atomics[i].size);
    atomics[i].call(threads[thread], 0x7001, 0x7002, frame);
    printf("%s -> +8=%#lx +16=%#lx +24=%#x\n", command, *(word *)(frame + 8), *(word *)(frame + 16), frame[24]);
    return 1;
  }
  return 0;
}

int main(void) {
  void *first;
  __tsan_init(&threads[0], &first, callback);
  proc = first;
  setvbuf(stdout, 0, _IOFBF, 1 << 16);
  dup2(1, 2);
  if (mmap((void *)HEAP, HEAP_SIZE, 3, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) return 1;
  __tsan_map_shadow((void *)0x500000, 4096); // the first range is data and bss
  __tsan_map_shadow((void *)HEAP, HEAP_SIZE);
  char line[256], command[32];
  while (fgets(line, sizeof line, stdin)) {
    fflush(stdout); // the race runtime writes to the descriptor itself
    word a = 0, b = 0, c = 0, d = 0;
    if (line[0] == '#') {
      fputs(line, stdout);
      continue;
    }
    if (sscanf(line, "%31s %li %li %li %li", command, &a, &b, &c, &d) < 1) continue;
#define ON(name) else if (!strcmp(command, name))
#define T threads[a]
    if (!strcmp(command, "start")) __tsan_go_start((long)a < 0 ? 0 : T, &threads[b], c);
    ON("end") __tsan_go_end(T);
    ON("enter") __tsan_func_enter(T, b);
    ON("exit") __tsan_func_exit(T);
    ON("r") __tsan_read(T, HEAP + b, c);
    ON("w") __tsan_write(T, HEAP + b, c);
    ON("rr") __tsan_read_range(T, HEAP + b, c, d);
    ON("wr") __tsan_write_range(T, HEAP + b, c, d);
    ON("rpc") __tsan_read_pc(T, HEAP + b, c, d);
    ON("wpc") __tsan_write_pc(T, HEAP + b, c, d);
    ON("acq") __tsan_acquire(T, HEAP + b);
    ON("rel") __tsan_release(T, HEAP + b);
    ON("relacq") __tsan_release_acquire(T, HEAP + b);
    ON("relmerge") __tsan_release_merge(T, HEAP + b);
    ON("malloc") __tsan_malloc(0, 0, HEAP + a, b);
    ON("free") __tsan_free(HEAP + a, b);
    ON("ignb") __tsan_go_ignore_sync_begin(T);
    ON("igne") __tsan_go_ignore_sync_end(T);
    ON("fing") __tsan_finalizer_goroutine(T);
    ON("mlock") {
      __tsan_mutex_before_lock(T, HEAP + b, c);
      __tsan_mutex_after_lock(T, HEAP + b, c);
    }
    ON("munlock") __tsan_mutex_before_unlock(T, HEAP + b, c);
    ON("sh") {
      uint32_t *cells = (uint32_t *)(((HEAP + a) & ~7ul) * 2 + 0x200000000000ul);
      printf("sh[%#lx]:", a);
      for (int i = 0; i < 4; i++) cell(cells[i]);
      puts("");
    }
    ON("meta") printf("meta[%#lx]=%#x\n", a, *(uint32_t *)(0x300000000000ul | (HEAP + a) >> 3 << 2));
    ON("thr") look_at_thread(a, T);
    ON("clk") {
      printf("clk%lu:", a);
      uint16_t *epochs = (uint16_t *)((char *)T + CLKOFF);
      for (int sid = 0; sid < 256; sid++)
        if (epochs[sid]) printf(" %d:%u", sid, epochs[sid]);
      puts("");
    }
    ON("count") {
      word count;
      __tsan_report_count(&count);
      printf("count=%lu\n", count);
    }
    ON("fini") __tsan_fini();
    else if (!do_atomic(command, a, b, c, d)) printf("? %s", line);
  }
  return 0;
}
