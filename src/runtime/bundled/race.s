#include "textflag.h"

// From instrumented Go code to the race runtime in C: four conventions in five instructions. Names and registers as in Go 1.24.

#define RARG0 DI
#define RARG1 SI
#define RARG2 DX
#define RARG3 CX

GLOBL runtime·racearenastart(SB), NOPTR, $8
GLOBL runtime·racearenaend(SB), NOPTR, $8
GLOBL runtime·racedatastart(SB), NOPTR, $8
GLOBL runtime·racedataend(SB), NOPTR, $8

// raceread(addr): the compiler calls it in front of every load. AX = addr.
TEXT runtime·raceread<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ AX, RARG1
	MOVQ (SP), RARG2
	LEAQ __tsan_read(SB), AX
	JMP racecalladdr<>(SB)

TEXT runtime·racewrite<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ AX, RARG1
	MOVQ (SP), RARG2
	LEAQ __tsan_write(SB), AX
	JMP racecalladdr<>(SB)

TEXT runtime·racereadrange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ AX, RARG1
	MOVQ BX, RARG2
	MOVQ (SP), RARG3
	LEAQ __tsan_read_range(SB), AX
	JMP racecalladdr<>(SB)

TEXT runtime·racewriterange<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ AX, RARG1
	MOVQ BX, RARG2
	MOVQ (SP), RARG3
	LEAQ __tsan_write_range(SB), AX
	JMP racecalladdr<>(SB)

// RaceRead and RaceWrite, for what tells of itself: through the ABI wrappers of the above, which reports then name.
TEXT runtime·RaceRead(SB), NOSPLIT|NOFRAME, $0-8
	JMP runtime·raceread<ABI0>(SB)

TEXT runtime·RaceWrite(SB), NOSPLIT|NOFRAME, $0-8
	JMP runtime·racewrite<ABI0>(SB)

// racereadpc(addr, callpc, pc): for the runtime's own hooks. pc is a function's entry; the race runtime expects return addresses, hence +1.
TEXT runtime·racereadpc(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ addr+0(FP), RARG1
	MOVQ callerpc+8(FP), RARG2
	MOVQ pc+16(FP), RARG3
	ADDQ $1, RARG3
	LEAQ __tsan_read_pc(SB), AX
	JMP racecalladdr<>(SB)

TEXT runtime·racewritepc(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ addr+0(FP), RARG1
	MOVQ callerpc+8(FP), RARG2
	MOVQ pc+16(FP), RARG3
	ADDQ $1, RARG3
	LEAQ __tsan_write_pc(SB), AX
	JMP racecalladdr<>(SB)

// Only addresses in the arena or in data are of interest; all others are passed over in silence. Nobody asks whether there is a context.
TEXT racecalladdr<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ g_racectx(R14), RARG0
	CMPQ RARG1, runtime·racearenastart(SB)
	JCS data
	CMPQ RARG1, runtime·racearenaend(SB)
	JCS call
data:
	CMPQ RARG1, runtime·racedatastart(SB)
	JCS ret
	CMPQ RARG1, runtime·racedataend(SB)
	JCC ret
call:
	JMP racecall<>(SB)
ret:
	RET

// racefuncenter(callpc): the compiler calls it (through an ABI wrapper) at the start of every instrumented function.
TEXT runtime·racefuncenter(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ callpc+0(FP), R11
	JMP racefuncenter<>(SB)

// R11 = caller's return address. Keeps DX, the closure context of the function that begins.
TEXT racefuncenter<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ DX, BX
	MOVQ g_racectx(R14), RARG0
	MOVQ R11, RARG1
	LEAQ __tsan_func_enter(SB), AX
	CALL racecall<>(SB)
	MOVQ BX, DX
	RET

TEXT runtime·racefuncexit(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ g_racectx(R14), RARG0
	LEAQ __tsan_func_exit(SB), AX
	JMP racecall<>(SB)

// Calls the C function AX with its arguments in RARG0 to RARG3, on the stack of g0. R14 and TLS stay the goroutine's; R12 keeps SP.
TEXT racecall<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ g_m(R14), R13
	MOVQ SP, R12
	MOVQ m_gsignal(R13), R10
	CMPQ R10, R14
	JEQ call
	MOVQ m_g0(R13), R10
	CMPQ R10, R14
	JEQ call
	MOVQ (g_sched+gobuf_sp)(R10), SP
call:
	ANDQ $~15, SP
	CALL AX
	MOVQ R12, SP
	XORPS X15, X15
	RET

// racecallatomic: AX = the C function. On the stack: where this returns to, where its caller does (in an ABI wrapper), and that one's arguments, the
// address first. An address that is of no interest gets its operation all the same, which orders nothing.
TEXT runtime·racecallatomic(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ 16(SP), R12
	// A nil pointer faults here, in Go's code.
	MOVBLZX (R12), R13
	CMPQ R12, runtime·racearenastart(SB)
	JCS data
	CMPQ R12, runtime·racearenaend(SB)
	JCS ok
data:
	CMPQ R12, runtime·racedatastart(SB)
	JCS ignore
	CMPQ R12, runtime·racedataend(SB)
	JCC ignore
ok:
	MOVQ g_racectx(R14), RARG0
	MOVQ 8(SP), RARG1
	MOVQ (SP), RARG2
	LEAQ 16(SP), RARG3
	JMP racecall<>(SB)
ignore:
	MOVQ AX, BX
	MOVQ g_racectx(R14), RARG0
	LEAQ __tsan_go_ignore_sync_begin(SB), AX
	CALL racecall<>(SB)
	MOVQ BX, AX
	MOVQ g_racectx(R14), RARG0
	MOVQ 8(SP), RARG1
	MOVQ (SP), RARG2
	LEAQ 16(SP), RARG3
	CALL racecall<>(SB)
	MOVQ g_racectx(R14), RARG0
	LEAQ __tsan_go_ignore_sync_end(SB), AX
	JMP racecall<>(SB)

// raceinit: the context of g0, parent of the main goroutine's, and that of the one p. Data can race from the start.
TEXT runtime·raceinit<ABIInternal>(SB), NOSPLIT, $16-0
	LEAQ 0(SP), RARG0
	LEAQ 8(SP), RARG1
	XORL RARG2, RARG2
	LEAQ __tsan_init(SB), AX
	CALL racecall<>(SB)
	MOVQ 0(SP), AX
	MOVQ AX, g_racectx(R14)
	MOVQ 8(SP), AX
	MOVQ AX, runtime·p0+p_raceprocctx(SB)
	LEAQ runtime·noptrdata(SB), RARG0
	LEAQ runtime·enoptrbss(SB), RARG1
	ADDQ $4095, RARG1
	ANDQ $~4095, RARG1
	MOVQ RARG0, runtime·racedatastart(SB)
	MOVQ RARG1, runtime·racedataend(SB)
	SUBQ RARG0, RARG1
	LEAQ __tsan_map_shadow(SB), AX
	CALL racecall<>(SB)
	RET

// racefini: what was found, and the end of the process.
TEXT runtime·racefini<ABIInternal>(SB), NOSPLIT, $0-0
	LEAQ __tsan_fini(SB), AX
	CALL racecall<>(SB)
	RET

// racemapshadow(addr, size): the heap has grown by that.
TEXT runtime·racemapshadow<ABIInternal>(SB), NOSPLIT, $0-0
	CMPQ runtime·racearenastart(SB), $0
	JNE grown
	MOVQ AX, runtime·racearenastart(SB)
grown:
	LEAQ (AX)(BX*1), CX
	MOVQ CX, runtime·racearenaend(SB)
	MOVQ AX, RARG0
	MOVQ BX, RARG1
	LEAQ __tsan_map_shadow(SB), AX
	CALL racecall<>(SB)
	RET

// racemalloc(p, sz): what happened to that memory before concerns nobody any more.
TEXT runtime·racemalloc<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ AX, RARG2
	MOVQ BX, RARG3
	XORL RARG0, RARG0
	XORL RARG1, RARG1
	LEAQ __tsan_malloc(SB), AX
	CALL racecall<>(SB)
	RET

// racegostart(pc): a context for a new goroutine. Its parent's is that of the goroutine, if there is one, and not of g0 that runs this.
TEXT runtime·racegostart<ABIInternal>(SB), NOSPLIT, $8-0
	MOVQ AX, RARG2
	MOVQ g_m(R14), CX
	MOVQ m_curg(CX), CX
	TESTQ CX, CX
	JNE have
	MOVQ R14, CX
have:
	MOVQ g_racectx(CX), RARG0
	LEAQ 0(SP), RARG1
	LEAQ __tsan_go_start(SB), AX
	CALL racecall<>(SB)
	MOVQ 0(SP), AX
	RET

// racegoend(thr): AX = the context that ends.
TEXT runtime·racegoend<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ AX, RARG0
	LEAQ __tsan_go_end(SB), AX
	CALL racecall<>(SB)
	RET

// raceacquireg(gp, addr) and its like: on behalf of another goroutine. Not while synchronisation is ignored, nor for addresses of no interest.
#define SYNC(name, c) \
TEXT name<ABIInternal>(SB), NOSPLIT, $0-0 \
	CMPB g_raceignore(R14), $0 \
	JNE done \
	MOVQ g_racectx(AX), RARG0 \
	MOVQ BX, RARG1 \
	LEAQ c(SB), AX \
	CALL racesync<>(SB) \
done: \
	RET

SYNC(runtime·raceacquireg, __tsan_acquire)
SYNC(runtime·racereleaseg, __tsan_release)
SYNC(runtime·racereleasemergeg, __tsan_release_merge)
SYNC(runtime·racereleaseacquireg, __tsan_release_acquire)

TEXT racesync<>(SB), NOSPLIT|NOFRAME, $0-0
	CMPQ RARG1, runtime·racearenastart(SB)
	JCS data
	CMPQ RARG1, runtime·racearenaend(SB)
	JCS call
data:
	CMPQ RARG1, runtime·racedatastart(SB)
	JCS ret
	CMPQ RARG1, runtime·racedataend(SB)
	JCC ret
call:
	JMP racecall<>(SB)
ret:
	RET

#define OWN(name, of) \
TEXT name<ABIInternal>(SB), NOSPLIT, $0-0 \
	MOVQ AX, BX \
	MOVQ R14, AX \
	CALL of<ABIInternal>(SB) \
	RET

OWN(runtime·raceacquire, runtime·raceacquireg)
OWN(runtime·racerelease, runtime·racereleaseg)
OWN(runtime·racereleasemerge, runtime·racereleasemergeg)
OWN(runtime·racereleaseacquire, runtime·racereleaseacquireg)

// RaceDisable, RaceEnable: what synchronises in between is ignored; accesses are not.
TEXT runtime·RaceDisable<ABIInternal>(SB), NOSPLIT, $0-0
	INCB g_raceignore(R14)
	CMPB g_raceignore(R14), $1
	JNE done
	MOVQ g_racectx(R14), RARG0
	LEAQ __tsan_go_ignore_sync_begin(SB), AX
	CALL racecall<>(SB)
done:
	RET

TEXT runtime·RaceEnable<ABIInternal>(SB), NOSPLIT, $0-0
	DECB g_raceignore(R14)
	JNE done
	MOVQ g_racectx(R14), RARG0
	LEAQ __tsan_go_ignore_sync_end(SB), AX
	CALL racecall<>(SB)
done:
	RET
