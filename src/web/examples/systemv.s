#include "textflag.h"

// func Sum(a, b, c int64) int64
//
// From Go to C: System V wants arguments in DI, SI, DX, CX, R8, R9, a stack
// that is a multiple of 16 at the call, and keeps BX, BP, R12 to R15.
TEXT ·Sum(SB), NOSPLIT, $0-32
	MOVQ a+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ c+16(FP), DX
	MOVQ SP, R12      // C keeps it
	ANDQ $~15, SP
	CALL c_sum(SB)
	MOVQ R12, SP
	MOVQ AX, ret+24(FP)
	RET

// long c_sum(long a, long b, long c)
TEXT c_sum(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ (DI)(SI*1), AX
	ADDQ DX, AX
	RET
