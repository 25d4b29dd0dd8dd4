#include "textflag.h"

// What Go's runtime does with the race detector, done by hand in C's convention: a detector anew, memory, two goroutines, one race. It is the scenario of
// the small program that compiler-rt has for a trial of its Go library. The functions are called as Go's runtime calls them; the pcs are places here.

GLOBL main·buf(SB), NOPTR, $16
GLOBL thr0<>(SB), NOPTR, $8
GLOBL thr1<>(SB), NOPTR, $8
GLOBL thr2<>(SB), NOPTR, $8
GLOBL proc<>(SB), NOPTR, $8

#define THR(n) MOVQ n<>(SB), DI
#define BUF(to) LEAQ main·buf(SB), to
#define ENTER(n, pc) THR(n); LEAQ pc+1(SB), SI; CALL __tsan_func_enter(SB)
#define LEAVE(n) THR(n); CALL __tsan_func_exit(SB)
#define SYNC(n, how) THR(n); BUF(SI); CALL how(SB)

// func main() { asmcgocall(scenario, nil) }, and nobody tells the detector of main itself.
TEXT main·main<ABIInternal>(SB), NOSPLIT, $16-0
	NORACE
	LEAQ scenario(SB), AX
	XORL BX, BX
	CALL runtime·asmcgocall<ABIInternal>(SB)
	RET

TEXT foobar(SB), NOSPLIT, $0-0
	NOP
	RET

TEXT barfoo(SB), NOSPLIT, $0-0
	NOP
	RET

TEXT scenario(SB), NOSPLIT, $0-0
	PUSHQ BX
	// __tsan_init(&thr0, &proc, nil)
	LEAQ thr0<>(SB), DI
	LEAQ proc<>(SB), SI
	XORL DX, DX
	CALL __tsan_init(SB)
	// Data first, and then the buffer as heap: whose shadow is there already.
	LEAQ runtime·noptrdata(SB), DI
	LEAQ runtime·enoptrbss(SB), SI
	SUBQ DI, SI
	CALL __tsan_map_shadow(SB)
	// __tsan_malloc(thr0, pc, buf, 10), __tsan_free(buf, 10)
	THR(thr0)
	LEAQ scenario+1(SB), SI
	BUF(DX)
	MOVL $10, CX
	CALL __tsan_malloc(SB)
	BUF(DI)
	MOVL $10, SI
	CALL __tsan_free(SB)
	ENTER(thr0, scenario)
	THR(thr0)
	LEAQ scenario+1(SB), SI
	BUF(DX)
	MOVL $10, CX
	CALL __tsan_malloc(SB)
	SYNC(thr0, __tsan_release)
	SYNC(thr0, __tsan_release_acquire)
	SYNC(thr0, __tsan_release_merge)
	// Two goroutines, of different places.
	THR(thr0)
	LEAQ thr1<>(SB), SI
	LEAQ foobar+1(SB), DX
	CALL __tsan_go_start(SB)
	THR(thr0)
	LEAQ thr2<>(SB), SI
	LEAQ barfoo+1(SB), DX
	CALL __tsan_go_start(SB)
	LEAVE(thr0)
	// The first writes.
	ENTER(thr1, foobar)
	ENTER(thr1, foobar)
	THR(thr1)
	BUF(SI)
	LEAQ foobar+1(SB), DX
	CALL __tsan_write(SB)
	SYNC(thr1, __tsan_acquire)
#ifdef MENDED
	SYNC(thr1, __tsan_release)
#endif
	LEAVE(thr1)
	LEAVE(thr1)
	THR(thr1)
	CALL __tsan_go_end(SB)
	// The second reads.
#ifdef MENDED
	SYNC(thr2, __tsan_acquire)
#endif
	ENTER(thr2, barfoo)
	THR(thr2)
	BUF(SI)
	LEAQ barfoo+1(SB), DX
	CALL __tsan_read(SB)
	BUF(DI)
	MOVL $10, SI
	CALL __tsan_free(SB)
	LEAVE(thr2)
	THR(thr2)
	CALL __tsan_go_end(SB)
	CALL __tsan_fini(SB)
	POPQ BX
	RET
