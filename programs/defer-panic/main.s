#include "textflag.h"

// println(guarded(4)); println(guarded(0)). The other build: println(unguarded(0))
TEXT main·main<ABIInternal>(SB), NOSPLIT, $8-0
#ifdef FATAL
	MOVQ $0, AX
	CALL main·unguarded<ABIInternal>(SB)
	CALL println<>(SB)
#else
	MOVQ $4, AX
	CALL main·guarded<ABIInternal>(SB)
	CALL println<>(SB)
	MOVQ $0, AX
	CALL main·guarded<ABIInternal>(SB)
	CALL println<>(SB)
#endif
	RET

// func guarded(n int) (result int) {
//     defer func() { if recover() != nil { result = -1 } }()
//     defer note()
//     return divide(100, n)
// }
TEXT main·guarded<ABIInternal>(SB), NOSPLIT, $32-8
	MOVQ AX, n-8(SP)
	MOVQ $0, result-16(SP)
	LEAQ main·rescue<ABIInternal>(SB), CX
	MOVQ CX, fn-32(SP)
	LEAQ result-16(SP), CX
	MOVQ CX, captured-24(SP)
	LEAQ fn-32(SP), AX
	CALL runtime·deferproc<ABIInternal>(SB)
	TESTB AX, AX
	JNE return
	LEAQ note·f<>(SB), AX
	CALL runtime·deferproc<ABIInternal>(SB)
	TESTB AX, AX
	JNE return
	MOVQ $100, AX
	MOVQ n-8(SP), BX
	CALL main·divide<ABIInternal>(SB)
	MOVQ AX, result-16(SP)
return:
	CALL runtime·deferreturn<ABIInternal>(SB)
	MOVQ result-16(SP), AX
	RET

// func unguarded(n int) int { defer note(); return divide(100, n) }
TEXT main·unguarded<ABIInternal>(SB), NOSPLIT, $16-8
	MOVQ AX, n-8(SP)
	LEAQ note·f<>(SB), AX
	CALL runtime·deferproc<ABIInternal>(SB)
	TESTB AX, AX
	JNE return
	MOVQ $100, AX
	MOVQ n-8(SP), BX
	CALL main·divide<ABIInternal>(SB)
	MOVQ AX, result-16(SP)
return:
	CALL runtime·deferreturn<ABIInternal>(SB)
	MOVQ result-16(SP), AX
	RET

// func divide(a, n int) int { if n == 0 { panic(7) }; return a / n }
TEXT main·divide<ABIInternal>(SB), NOSPLIT, $8-16
	TESTQ BX, BX
	JEQ zero
	CQO
	IDIVQ BX
	RET
zero:
	MOVQ $7, AX
	CALL runtime·gopanic<ABIInternal>(SB)
	UNDEF

// func note() { println("note") }
TEXT main·note<ABIInternal>(SB), NOSPLIT, $8-0
	LEAQ noteText<>(SB), AX
	MOVQ $4, BX
	CALL runtime·printstring<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// The deferred function literal: DX is its closure.
TEXT main·rescue<ABIInternal>(SB), NOSPLIT, $8-0
	MOVQ DX, closure-8(SP)
	CALL runtime·gorecover<ABIInternal>(SB)
	TESTB BX, BX
	JEQ done
	MOVQ closure-8(SP), DX
	MOVQ closure_result(DX), CX
	MOVQ $-1, (CX)
done:
	RET

TEXT println<>(SB), NOSPLIT, $0-0
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

DATA note·f<>+0(SB)/8, $main·note<ABIInternal>(SB)
GLOBL note·f<>(SB), RODATA, $8
DATA noteText<>+0(SB)/4, $"note"
GLOBL noteText<>(SB), RODATA, $4
