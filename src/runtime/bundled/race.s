#include "textflag.h"

// From instrumented Go code to the race runtime in C: four conventions in five instructions. Names and registers as in Go 1.24.

#define RARG0 DI
#define RARG1 SI
#define RARG2 DX
#define RARG3 CX

GLOBL runtime·racearenastart(SB), NOPTR, $8
GLOBL runtime·racearenaend(SB), NOPTR, $8

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

// Only addresses in the arena are of interest; all others are passed over in silence. Nobody asks whether there is a context.
TEXT racecalladdr<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ g_racectx(R14), RARG0
	CMPQ RARG1, runtime·racearenastart(SB)
	JCS ret
	CMPQ RARG1, runtime·racearenaend(SB)
	JCC ret
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

// raceinit: the context of g0, parent of the main goroutine's.
TEXT runtime·raceinit<ABIInternal>(SB), NOSPLIT, $8-0
	LEAQ 0(SP), RARG0
	LEAQ __tsan_init(SB), AX
	CALL racecall<>(SB)
	MOVQ 0(SP), AX
	MOVQ AX, g_racectx(R14)
	MOVQ $0xc000000000, AX
	MOVQ AX, runtime·racearenastart(SB)
	MOVQ $0xc004000000, AX
	MOVQ AX, runtime·racearenaend(SB)
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
