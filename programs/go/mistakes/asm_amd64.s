#include "textflag.h"

TEXT ·right(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ v+0(FP), AX
	ADDQ AX, AX
	MOVQ AX, ret+8(FP)
	RET

TEXT ·clobbersBP(SB), NOSPLIT, $0-16
	MOVQ $0x12c, BP
	MOVQ BP, ret+8(FP)
	RET

TEXT ·leavesRoom(SB), NOSPLIT|NOFRAME, $0-16
	SUBQ $16, SP
	MOVQ $0, 0(SP)
	MOVQ $0, 8(SP)
	ADDQ $8, SP
	RET

TEXT ·popsTooMuch(SB), NOSPLIT|NOFRAME, $0-16
	ADDQ $8, SP
	RET

TEXT ·overReturn(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ v+0(FP), AX
	MOVQ AX, 8(BP)
	RET

TEXT ·overSaved(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ v+0(FP), AX
	MOVQ AX, 0(BP)
	RET

TEXT ·onOwn(SB), NOSPLIT, $0-16
	MOVQ f+0(FP), DX
	MOVQ top+8(FP), CX
	MOVQ (DX), AX
	MOVQ SP, R12
	MOVQ CX, SP
	CALL AX
	MOVQ R12, SP
	RET

TEXT ·otherFS(SB), NOSPLIT, $8-16
	MOVQ $158, AX       // arch_prctl
	MOVQ $0x1003, DI    // ARCH_GET_FS
	LEAQ old-8(SP), SI
	SYSCALL
	MOVQ $158, AX
	MOVQ $0x1002, DI    // ARCH_SET_FS
	MOVQ base+8(FP), SI
	SYSCALL
	MOVQ f+0(FP), DX
	MOVQ (DX), AX
	CALL AX
	MOVQ $158, AX
	MOVQ $0x1002, DI
	MOVQ old-8(SP), SI
	SYSCALL
	RET

TEXT ·leavesUpper(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ v+0(FP), X0
	VPBROADCASTQ X0, Y1
	VPADDQ Y1, Y1, Y2
	MOVQ X2, ret+8(FP)
	RET

TEXT ·callsWithUpper(SB), NOSPLIT, $0-8
	MOVQ f+0(FP), DX
	VPCMPEQB Y3, Y3, Y3
	MOVQ (DX), AX
	CALL AX
	VZEROUPPER
	RET

// Its own subroutine may leave them.
TEXT ·clearsUpper(SB), NOSPLIT, $0-16
	MOVQ v+0(FP), X0
	VPBROADCASTQ X0, Y1
	CALL doubled<>(SB)
	CALL scalar<>(SB)
	VPADDQ Y2, Y1, Y2
	MOVQ X2, ret+8(FP)
	VZEROUPPER
	RET

TEXT doubled<>(SB), NOSPLIT|NOFRAME, $0-0
	VPBROADCASTQ X1, Y1
	VPADDQ Y1, Y1, Y2
	RET

TEXT scalar<>(SB), NOSPLIT|NOFRAME, $0-0
	ADDQ $1, CX
	RET

// Has a subroutine compute, and clears nothing either.
TEXT ·hasItDone(SB), NOSPLIT, $0-16
	MOVQ v+0(FP), X0
	MOVQ X0, X1
	CALL doubled<>(SB)
	MOVQ X2, ret+8(FP)
	RET

// Its CALL goes to a subroutine, and the next time to f.
DATA through<>+0(SB)/8, $scalar<>(SB)
GLOBL through<>(SB), NOPTR, $8

TEXT ·callsThrough(SB), NOSPLIT, $0-8
	VPCMPEQB Y3, Y3, Y3
	CALL *through<>(SB)
	MOVQ f+0(FP), DX
	MOVQ (DX), AX
	MOVQ AX, through<>(SB)
	VZEROUPPER
	RET
