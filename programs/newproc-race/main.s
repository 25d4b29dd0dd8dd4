#include "textflag.h"

// package main
//
// func main() {
// 	setContext(trace.New())
// 	c := make(chan int)
// 	go func() { c <- 42 }()
// 	println(<-c)
// }

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	// the context of this goroutine
	CALL runtime·makemap<ABIInternal>(SB)
	MOVQ AX, 24(SP)
	LEAQ key<>(SB), BX
	MOVQ $1, CX
	CALL runtime·mapassign<ABIInternal>(SB)
	MOVQ $7, (AX)
	MOVQ $traceContext__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ 24(SP), CX
	MOVQ CX, traceContext_data(AX)
	LEAQ trace·traceContextType(SB), CX
	MOVQ CX, (g_otel_trace_context+eface__type)(R14)
	MOVQ AX, (g_otel_trace_context+eface_data)(R14)
	// c := make(chan int)
	MOVL $8, AX
	XORL BX, BX
	CALL runtime·makechan<ABIInternal>(SB)
	MOVQ AX, 32(SP)
	// go func() { c <- 42 }()
	MOVQ $16, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	LEAQ main·main·func1<ABIInternal>(SB), CX
	MOVQ CX, (AX)
	MOVQ 32(SP), CX
	MOVQ CX, 8(AX)
	CALL runtime·newproc<ABIInternal>(SB)
	// println(<-c)
	MOVQ 32(SP), AX
	LEAQ 40(SP), BX
	CALL runtime·chanrecv1<ABIInternal>(SB)
	MOVQ 40(SP), AX
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// func() { c <- 42 }: DX is the closure, c its captured variable.
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $32-0
	MOVQ 8(DX), AX
	MOVQ AX, 24(SP)
	MOVQ $42, 16(SP)
	MOVQ 24(SP), AX
	LEAQ 16(SP), BX
	CALL runtime·chansend1<ABIInternal>(SB)
	RET

DATA key<>+0(SB)/1, $"a"
GLOBL key<>(SB), RODATA, $1
