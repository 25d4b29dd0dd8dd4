#include "textflag.h"

// The method of the tracing agent that the injected code calls: it copies the context of a goroutine for a new one. A package outside
// runtime, so -race instruments it. The listings in the comments are the Go code.

// func (tc *traceContext) TakeSnapShot() any {
TEXT trace·TakeSnapShot<ABIInternal>(SB), NOSPLIT, $88-8
#ifdef MARKED
	// //go:norace
	NORACE
#endif
	MOVQ AX, tc+0(FP)
	// data := map[string]uint64{}
	CALL runtime·makemap<ABIInternal>(SB)
	MOVQ AX, 64(SP)
#ifndef NOMAP
	// for k, v := range tc.data { data[k] = v }
	MOVQ tc+0(FP), CX
	MOVQ traceContext_data(CX), AX
	LEAQ 16(SP), BX
	CALL runtime·mapiterinit<ABIInternal>(SB)
loop:
	MOVQ 16(SP), CX
	TESTQ CX, CX
	JEQ done
	MOVQ 64(SP), AX
	MOVQ 0(CX), BX
	MOVQ 8(CX), CX
	CALL runtime·mapassign<ABIInternal>(SB)
	MOVQ 24(SP), CX
	MOVQ (CX), CX
	MOVQ CX, (AX)
	LEAQ 16(SP), AX
	CALL runtime·mapiternext<ABIInternal>(SB)
	JMP loop
done:
#endif
	// return &traceContext{tc.sw, tc.lcs, data}
	MOVQ $traceContext__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ tc+0(FP), CX
	MOVQ traceContext_sw(CX), DX
	MOVQ DX, traceContext_sw(AX)
	MOVQ traceContext_lcs(CX), DX
	MOVQ DX, traceContext_lcs(AX)
	MOVQ 64(SP), DX
	MOVQ DX, traceContext_data(AX)
	MOVQ AX, 72(SP)
	LEAQ trace·traceContextType(SB), AX
	MOVQ 72(SP), BX
	RET
