#include "textflag.h"

// func Weight(a int8, b int64, s []byte) (sum int64, ok bool)
//
// ABI0: all arguments and results are on the stack, above the
// return address: a at 0(FP), b at 8(FP), s at 16(FP), sum at 40(FP).
TEXT ·Weight(SB), NOSPLIT, $0-49
	MOVBQSX a+0(FP), AX
	IMULQ   b+8(FP), AX
	ADDQ    s_len+24(FP), AX
	MOVQ    AX, sum+40(FP)
	MOVB    $1, ok+48(FP)
	RET
