#include "textflag.h"

// func Twice(f func(int) int, x int) int
//
// A func value is a pointer to a closure: the code's address first, then
// what it has captured. The callee finds its closure in DX.
TEXT ·Twice<ABIInternal>(SB), NOSPLIT, $24-16
	MOVQ AX, 16(SP)
	MOVQ BX, AX
	MOVQ 16(SP), DX
	MOVQ (DX), CX
	CALL CX
	MOVQ 16(SP), DX
	MOVQ (DX), CX
	CALL CX
	RET

// func Shift(x int) int: adds what the closure has captured.
TEXT ·shift<ABIInternal>(SB), NOSPLIT, $0-8
	ADDQ 8(DX), AX
	RET

DATA closure<>+0(SB)/8, $·shift<ABIInternal>(SB)
DATA closure<>+8(SB)/8, $5
GLOBL closure<>(SB), RODATA|NOPTR, $16

// func Ten(x int) int: shifts x twice.
TEXT ·Ten<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, BX
	LEAQ closure<>(SB), AX
	CALL ·Twice<ABIInternal>(SB)
	RET
