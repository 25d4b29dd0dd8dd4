/* A gigabyte of memory of which a page a megabyte was written, and an end that leaves a core: what a large service's core looks like. */
#include <stdlib.h>
#include <sys/mman.h>

#define SIZE (1ul << 30)
#define STEP (1ul << 20)

static void fail(char *memory, unsigned long at) {
	if (memory[at] == 1) abort();
}

int main(void) {
	char *memory = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) return 1;
	for (unsigned long at = 0; at < SIZE; at += STEP) memory[at] = 1;
	fail(memory, SIZE - STEP);
	return 0;
}
