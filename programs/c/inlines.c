// Inlined calls, one in another, of which some begin their caller. Stores to a volatile keep each line's code where it is written.
volatile int v;

static inline __attribute__((always_inline)) void leaf(int x) {
	v = x;
	v = 1;
}

static inline __attribute__((always_inline)) void middle(int x) {
	v = 2;
	leaf(x);
	v = 3;
	leaf(4);
}

static inline __attribute__((always_inline)) void first(int x) {
	leaf(x);
	v = 5;
}

__attribute__((noinline)) void outer(int n) {
	v = 6;
	middle(n);
	v = 7;
	first(n);
	v = 8;
}

__attribute__((noinline)) void begins(int n) {
	first(n);
	v = 9;
}

int main(void) {
	outer(10);
	begins(11);
	v = 12;
	return 0;
}
