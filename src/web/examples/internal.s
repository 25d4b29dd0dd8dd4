#include "textflag.h"

// func Weight(a int8, b int64, s []byte) (sum int64, ok bool)
//
// ABIInternal, as compiled Go calls: AX, BX, CX, DI, SI, R8, R9, R10, R11
// carry arguments and results, X0 to X14 floats; R14 is g, X15 zero.
TEXT ·Weight<ABIInternal>(SB), NOSPLIT, $0-40
	MOVBQSX AX, AX  // a
	IMULQ   BX, AX  // b
	ADDQ    DI, AX  // s is CX, DI, SI: its length
	MOVL    $1, BX  // ok
	RET             // sum is in AX
