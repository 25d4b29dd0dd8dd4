#include "textflag.h"

// Arguments as a compiled callee receives them. Each function stores its register arguments in the spill area first, as unoptimized code does.

TEXT main·main<ABIInternal>(SB), NOSPLIT, $120-0
	// println(nine(1, 2, 3, 4, 5, 6, 7, 8, 9))
	MOVQ $1, AX
	MOVQ $2, BX
	MOVQ $3, CX
	MOVQ $4, DI
	MOVQ $5, SI
	MOVQ $6, R8
	MOVQ $7, R9
	MOVQ $8, R10
	MOVQ $9, R11
	CALL main·nine<ABIInternal>(SB)
	CALL println<>(SB)
	// println(int(floats(1.5, 4, 0.25) * 100))
	MOVSD onePointFive<>(SB), X0
	MOVQ $4, AX
	MOVSS quarter<>(SB), X1
	CALL main·floats<ABIInternal>(SB)
	MULSD hundred<>(SB), X0
	CVTTSD2SQ X0, AX
	CALL println<>(SB)
	// println(texts("hello", make([]byte, 3, 8), 100))
	LEAQ hello<>(SB), AX
	MOVQ $5, BX
	LEAQ bytes<>(SB), CX
	MOVQ $3, DI
	MOVQ $8, SI
	LEAQ main·intType(SB), R8
	LEAQ boxed<>(SB), R9
	CALL main·texts<ABIInternal>(SB)
	CALL println<>(SB)
	// p := structs(point{3, 4, 0.5}, true); println(p.x*10 + p.y)
	MOVQ $3, AX
	MOVQ $4, BX
	MOVSD half<>(SB), X0
	MOVL $1, CX
	CALL main·structs<ABIInternal>(SB)
	IMULQ $10, AX
	ADDQ BX, AX
	CALL println<>(SB)
	// println(arrays([2]int{20, 22}, 1)): the array has more than one element, so it goes to the stack.
	MOVQ $20, 0(SP)
	MOVQ $22, 8(SP)
	MOVQ $1, AX
	CALL main·arrays<ABIInternal>(SB)
	CALL println<>(SB)
	// println(overflow(1, ..., 8, "go", 30)): one register is left for two words of a string, so it goes to the stack.
	LEAQ word<>(SB), AX
	MOVQ AX, 0(SP)
	MOVQ $2, 8(SP)
	MOVQ $1, AX
	MOVQ $2, BX
	MOVQ $3, CX
	MOVQ $4, DI
	MOVQ $5, SI
	MOVQ $6, R8
	MOVQ $7, R9
	MOVQ $8, R10
	MOVQ $30, R11
	CALL main·overflow<ABIInternal>(SB)
	CALL println<>(SB)
	// q, r, sign, exact := several(-17, 5); println(q, r, sign, exact)
	MOVQ $-17, AX
	MOVQ $5, BX
	CALL main·several<ABIInternal>(SB)
	MOVQ BX, 96(SP)
	MOVQ CX, 104(SP)
	MOVQ DI, 112(SP)
	CALL println<>(SB)
	MOVQ 96(SP), AX
	CALL println<>(SB)
	MOVQ 104(SP), AX
	MOVQ 112(SP), BX
	CALL runtime·printstring<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// AX BX CX DI SI R8 R9 R10 R11, in this order.
TEXT main·nine<ABIInternal>(SB), NOSPLIT, $0-72
	MOVQ AX, p1+0(FP)
	MOVQ BX, p2+8(FP)
	MOVQ CX, p3+16(FP)
	MOVQ DI, p4+24(FP)
	MOVQ SI, p5+32(FP)
	MOVQ R8, p6+40(FP)
	MOVQ R9, p7+48(FP)
	MOVQ R10, p8+56(FP)
	MOVQ R11, p9+64(FP)
	// return the digits p1...p9 as a number
	IMULQ $10, AX
	ADDQ BX, AX
	IMULQ $10, AX
	ADDQ CX, AX
	IMULQ $10, AX
	ADDQ DI, AX
	IMULQ $10, AX
	ADDQ SI, AX
	IMULQ $10, AX
	ADDQ R8, AX
	IMULQ $10, AX
	ADDQ R9, AX
	IMULQ $10, AX
	ADDQ R10, AX
	IMULQ $10, AX
	ADDQ R11, AX
	RET

// X0, AX, X1: floats have registers of their own, and take none from the integers.
TEXT main·floats<ABIInternal>(SB), NOSPLIT, $0-24
	MOVSD X0, x+0(FP)
	MOVQ AX, n+8(FP)
	MOVSS X1, y+16(FP)
	// return x*float64(n) + float64(y)
	CVTSQ2SD AX, X2
	MULSD X2, X0
	CVTSS2SD X1, X1
	ADDSD X1, X0
	RET

// s: AX BX. b: CX DI SI. v: R8 R9.
TEXT main·texts<ABIInternal>(SB), NOSPLIT, $0-56
	MOVQ BX, s_len+8(FP)
	MOVQ AX, s+0(FP)
	MOVQ DI, b_len+24(FP)
	MOVQ SI, b_cap+32(FP)
	MOVQ CX, b+16(FP)
	MOVQ R9, v_data+48(FP)
	MOVQ R8, v+40(FP)
	// return len(s) + len(b) + cap(b) + v.(int)
	LEAQ (BX)(DI*1), AX
	ADDQ SI, AX
	ADDQ (R9), AX
	RET

// Field by field: pt.x AX, pt.y BX, pt.weight X0, double CX. The result takes AX, BX, X0.
TEXT main·structs<ABIInternal>(SB), NOSPLIT, $0-32
	MOVQ BX, pt_y+8(FP)
	MOVSD X0, pt_weight+16(FP)
	MOVQ AX, pt+0(FP)
	MOVB CX, double+24(FP)
	// return point{pt.y, pt.x, pt.weight * 2}
	XCHGQ AX, BX
	TESTB CX, CX
	JEQ single
	ADDSD X0, X0
single:
	RET

// pair lies in the caller's frame; i is in AX, with its spill slot behind pair.
TEXT main·arrays<ABIInternal>(SB), NOSPLIT, $0-24
	MOVQ AX, i+16(FP)
	// return pair[i]
	LEAQ pair+0(FP), CX
	MOVQ (CX)(AX*8), AX
	RET

// p1...p8: AX BX CX DI SI R8 R9 R10. s: the stack. last: R11, which s has left.
TEXT main·overflow<ABIInternal>(SB), NOSPLIT, $0-88
	MOVQ AX, p1+16(FP)
	MOVQ BX, p2+24(FP)
	MOVQ CX, p3+32(FP)
	MOVQ DI, p4+40(FP)
	MOVQ SI, p5+48(FP)
	MOVQ R8, p6+56(FP)
	MOVQ R9, p7+64(FP)
	MOVQ R10, p8+72(FP)
	MOVQ R11, last+80(FP)
	// return p1 + ... + p8 + len(s) + last
	ADDQ BX, AX
	ADDQ CX, AX
	ADDQ DI, AX
	ADDQ SI, AX
	ADDQ R8, AX
	ADDQ R9, AX
	ADDQ R10, AX
	ADDQ s_len+8(FP), AX
	ADDQ R11, AX
	RET

// Results begin with AX anew: quotient AX, remainder BX, sign CX DI, exact SI.
TEXT main·several<ABIInternal>(SB), NOSPLIT, $0-16
	MOVQ AX, a+0(FP)
	MOVQ BX, b+8(FP)
	CQO
	IDIVQ BX
	MOVQ DX, BX
	LEAQ plus<>(SB), CX
	TESTQ AX, AX
	JPL positive
	LEAQ minus<>(SB), CX
positive:
	MOVQ $1, DI
	XORL SI, SI
	TESTQ BX, BX
	SETEQ SI
	RET

TEXT println<>(SB), NOSPLIT, $0-0
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

DATA onePointFive<>+0(SB)/8, $1.5
GLOBL onePointFive<>(SB), RODATA, $8
DATA quarter<>+0(SB)/4, $0.25
GLOBL quarter<>(SB), RODATA, $4
DATA half<>+0(SB)/8, $0.5
GLOBL half<>(SB), RODATA, $8
DATA hundred<>+0(SB)/8, $100.0
GLOBL hundred<>(SB), RODATA, $8
DATA hello<>+0(SB)/5, $"hello"
GLOBL hello<>(SB), RODATA, $5
DATA word<>+0(SB)/2, $"go"
GLOBL word<>(SB), RODATA, $2
DATA plus<>+0(SB)/1, $"+"
GLOBL plus<>(SB), RODATA, $1
DATA minus<>+0(SB)/1, $"-"
GLOBL minus<>(SB), RODATA, $1
DATA bytes<>+0(SB)/8, $"\x01\x02\x03\x00\x00\x00\x00\x00"
GLOBL bytes<>(SB), NOPTR, $8
DATA boxed<>+0(SB)/8, $100
GLOBL boxed<>(SB), RODATA, $8
