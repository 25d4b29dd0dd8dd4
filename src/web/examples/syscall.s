#include "textflag.h"

// func Write(fd int, s string) int
//
// Linux: the number in AX, arguments in DI, SI, DX, R10, R8, R9. The kernel
// answers in AX, and destroys CX and R11.
TEXT ·Write(SB), NOSPLIT, $0-32
	MOVQ fd+0(FP), DI
	MOVQ s_base+8(FP), SI
	MOVQ s_len+16(FP), DX
	MOVL $1, AX // write
	SYSCALL
	MOVQ AX, ret+24(FP)
	RET
