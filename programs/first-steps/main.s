#include "textflag.h"

// var numbers = [4]int{7, 11, 13, 11}
DATA main·numbers+0(SB)/8, $7
DATA main·numbers+8(SB)/8, $11
DATA main·numbers+16(SB)/8, $13
DATA main·numbers+24(SB)/8, $11
GLOBL main·numbers(SB), NOPTR, $32

// println(arithmetic(40, 2)); println(widths()); println(memory()); println(sum(&numbers[0], 4))
TEXT main·main<ABIInternal>(SB), NOSPLIT, $16-0
	MOVQ $40, AX
	MOVQ $2, BX
	CALL main·arithmetic<ABIInternal>(SB)
	CALL println<>(SB)
	CALL main·widths<ABIInternal>(SB)
	CALL println<>(SB)
	CALL main·memory<ABIInternal>(SB)
	CALL println<>(SB)
#ifdef NIL
	MOVQ $0, AX
#else
	LEAQ main·numbers(SB), AX
#endif
	MOVQ $4, BX
	CALL main·sum<ABIInternal>(SB)
	CALL println<>(SB)
	RET

// func arithmetic(a, b int) int { return (a+b)*3 - 1 }
TEXT main·arithmetic<ABIInternal>(SB), NOSPLIT, $0-16
	MOVQ AX, CX
	ADDQ BX, CX
	IMULQ $3, CX
	SUBQ $1, CX
	MOVQ CX, AX
	RET

// The same register in four widths.
TEXT main·widths<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ $0x1122334455667788, AX
	MOVB $0xff, AX
	MOVW $0, AX
	MOVL $0x7f, AX
	RET

// numbers[1] = numbers[0] + 30
TEXT main·memory<ABIInternal>(SB), NOSPLIT, $0-0
	LEAQ main·numbers(SB), CX
	MOVQ (CX), AX
	ADDQ $30, AX
	MOVQ AX, 8(CX)
	RET

// func sum(list *int, n int) int { total := 0; for i := 0; i < n; i++ { total += list[i] }; return total }
TEXT main·sum<ABIInternal>(SB), NOSPLIT, $0-16
	MOVQ $0, CX
	MOVQ $0, DX
	JMP condition
loop:
	ADDQ (AX)(CX*8), DX
	INCQ CX
condition:
	CMPQ CX, BX
	JLT loop
	MOVQ DX, AX
	RET

TEXT println<>(SB), NOSPLIT, $0-0
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET
