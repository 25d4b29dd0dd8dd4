#include "textflag.h"

// A handler for SIGSEGV that lets the program go on: as Go does with faults of its own code, it has the fault look like a call.

GLOBL runtime·catching(SB), NOPTR, $32

// catch(): rt_sigaction(SIGSEGV, {catchtramp, SA_SIGINFO|SA_ONSTACK|SA_RESTORER|SA_RESTART, sigreturn}, nil, 8)
TEXT runtime·catch<ABIInternal>(SB), NOSPLIT, $0-0
	LEAQ runtime·catchtramp(SB), AX
	MOVQ AX, runtime·catching(SB)
	MOVQ $0x1c000004, runtime·catching+8(SB)
	LEAQ runtime·sigreturn(SB), AX
	MOVQ AX, runtime·catching+16(SB)
	MOVQ $11, DI
	LEAQ runtime·catching(SB), SI
	XORL DX, DX
	MOVQ $8, R10
	MOVQ $13, AX
	SYSCALL
	RET

// The kernel calls this as C, on the signal stack: DI = signal, SI = siginfo, DX = ucontext. RET goes to sigreturn.
TEXT runtime·catchtramp(SB), NOSPLIT|NOFRAME|TOPFRAME, $0-0
	CLD
	XORPS X15, X15
	SUBQ $40, SP
	MOVL DI, AX
	MOVQ SI, BX
	MOVQ DX, CX
	// The g that was interrupted.
	MOVQ (TLS), DI
	MOVQ DI, 32(SP)
	LEAQ runtime·gsignal0(SB), R14
	MOVQ R14, (TLS)
	CALL runtime·catcher<ABIInternal>(SB)
	MOVQ 32(SP), DI
	MOVQ DI, (TLS)
	ADDQ $40, SP
	RET

// catcher(sig, info, ctx, gp): changes what the goroutine will go on with: it has called sigpanic, from where it was.
TEXT runtime·catcher<ABIInternal>(SB), NOSPLIT, $0-32
	MOVQ savedcontext_rip(CX), SI
	MOVQ savedcontext_rsp(CX), DX
	SUBQ $8, DX
	MOVQ SI, (DX)
	MOVQ DX, savedcontext_rsp(CX)
	LEAQ runtime·sigpanic<ABIInternal>(SB), SI
	MOVQ SI, savedcontext_rip(CX)
	RET

// sigpanic(): on the goroutine again. In Go it panics; here it is the panic and the recover at once: it gives up its caller's frame, and has that return -1.
TEXT runtime·sigpanic<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ 8(BP), SP
	MOVQ (BP), BP
	MOVQ $-1, AX
	RET
