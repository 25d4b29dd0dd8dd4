#include "textflag.h"

// defer, panic and recover, as Go has them where it keeps a list: the order of things is Go's, the bookkeeping is the least that does it.

GLOBL runtime·deferrals(SB), NOPTR, $8
GLOBL runtime·panics(SB), NOPTR, $8

// deferproc(fn) bool: notes the call. It returns false; it returns a second time, with true, when a panic of the frame was recovered.
TEXT runtime·deferproc<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, fn-8(SP)
	MOVQ $deferral__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ fn-8(SP), CX
	MOVQ CX, deferral_fn(AX)
	// The caller's frame: its SP is above the return address, its BP is what the prologue has saved.
	LEAQ 16(BP), CX
	MOVQ CX, deferral_sp(AX)
	MOVQ (BP), CX
	MOVQ CX, deferral_bp(AX)
	MOVQ 8(BP), CX
	MOVQ CX, deferral_pc(AX)
	MOVQ runtime·deferrals(SB), CX
	MOVQ CX, deferral_link(AX)
	MOVQ AX, runtime·deferrals(SB)
	XORL AX, AX
	RET

// deferreturn(): runs what the caller's frame has deferred, the latest first.
TEXT runtime·deferreturn<ABIInternal>(SB), NOSPLIT, $8-0
next:
	MOVQ runtime·deferrals(SB), CX
	TESTQ CX, CX
	JEQ done
	LEAQ 16(BP), DX
	CMPQ DX, deferral_sp(CX)
	JNE done
	MOVQ deferral_link(CX), DX
	MOVQ DX, runtime·deferrals(SB)
	MOVQ deferral_fn(CX), DX
	MOVQ (DX), CX
	CALL CX
	JMP next
done:
	RET

// gopanic(arg): runs deferred calls, the latest first, on top of the frames that have panicked, until one recovers. Does not return.
TEXT runtime·gopanic<ABIInternal>(SB), NOSPLIT, $32-8
	MOVQ AX, arg-16(SP)
	MOVB $0, recovered-8(SP)
	LEAQ arg-16(SP), AX
	MOVQ AX, runtime·panics(SB)
next:
	MOVQ runtime·deferrals(SB), CX
	TESTQ CX, CX
	JEQ none
	MOVQ CX, current-24(SP)
	MOVQ deferral_link(CX), DX
	MOVQ DX, runtime·deferrals(SB)
	MOVQ deferral_fn(CX), DX
	MOVQ (DX), CX
	CALL CX
	CMPB recovered-8(SP), $0
	JEQ next
	// The way back: into the frame that has deferred, behind its call of deferproc, which returns true now.
	MOVQ $0, runtime·panics(SB)
	MOVQ current-24(SP), CX
	MOVQ deferral_bp(CX), BP
	MOVQ deferral_sp(CX), SP
	MOVQ deferral_pc(CX), CX
	MOVL $1, AX
	JMP CX
none:
	MOVQ arg-16(SP), AX
	MOVQ 8(BP), BX
	MOVQ (BP), CX
	CALL runtime·fatalpanic<ABIInternal>(SB)
	RET

// gorecover() (arg int, ok bool): takes the panic, if there is one.
TEXT runtime·gorecover<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ runtime·panics(SB), CX
	XORL AX, AX
	XORL BX, BX
	TESTQ CX, CX
	JEQ done
	MOVB $1, panicking_recovered(CX)
	MOVQ panicking_arg(CX), AX
	MOVL $1, BX
done:
	RET

// fatalpanic(arg, pc, bp): nobody has recovered. Tells so, with the frames that are all still there, and ends.
TEXT runtime·fatalpanic<ABIInternal>(SB), NOSPLIT, $24-0
	MOVQ AX, arg-24(SP)
	MOVQ BX, pc-16(SP)
	MOVQ CX, bp-8(SP)
	LEAQ panicText<>(SB), AX
	MOVQ $7, BX
	CALL runtime·errstring<ABIInternal>(SB)
	MOVQ arg-24(SP), AX
	CALL runtime·errint<ABIInternal>(SB)
	LEAQ runningText<>(SB), AX
	MOVQ $25, BX
	CALL runtime·errstring<ABIInternal>(SB)
	MOVQ pc-16(SP), AX
	MOVQ bp-8(SP), BX
	CALL runtime·traceback<ABIInternal>(SB)
	MOVQ $2, AX
	CALL runtime·exit<ABIInternal>(SB)
	RET

DATA panicText<>+0(SB)/7, $"panic: "
GLOBL panicText<>(SB), RODATA, $7
DATA runningText<>+0(SB)/25, $"\n\ngoroutine 1 [running]:\n"
GLOBL runningText<>(SB), RODATA, $25
