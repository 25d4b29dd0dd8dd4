#include "textflag.h"

// func passesInRegisters(p *node) int: calls takes, which wants its argument on the stack, with it in AX.
TEXT ·passesInRegisters(SB), NOSPLIT, $16-16
	MOVQ p+0(FP), AX
	MOVQ $0x5, 0(SP)
	CALL ·takes(SB)
	MOVQ 8(SP), AX
	MOVQ AX, ret+8(FP)
	RET

// func tooSmallFrame(v uintptr) int: uses more than its frame has.
TEXT ·tooSmallFrame(SB), NOSPLIT, $8-16
	MOVQ v+0(FP), AX
	MOVQ AX, 0(SP)
	MOVQ AX, 16(SP)
	MOVQ AX, ret+8(FP)
	RET

// func clobbersBP(): calls on with another BP, through which it then reads.
TEXT ·clobbersBP(SB), NOSPLIT, $8-0
	MOVQ $0x12c, BP
	CALL ·readsBP(SB)
	RET

TEXT ·readsBP(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ 8(BP), AX
	RET

// func currentG() uintptr
TEXT ·currentG(SB), NOSPLIT, $0-8
	MOVQ TLS, CX
	MOVQ 0(CX)(TLS*1), AX
	MOVQ AX, ret+0(FP)
	RET

// func setG(to uintptr)
TEXT ·setG(SB), NOSPLIT, $0-8
	MOVQ to+0(FP), AX
	MOVQ TLS, CX
	MOVQ AX, 0(CX)(TLS*1)
	RET
