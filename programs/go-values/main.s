#include "textflag.h"

#define PRINTLN CALL runtime·printint<ABIInternal>(SB); CALL runtime·printnl<ABIInternal>(SB)

TEXT main·main<ABIInternal>(SB), NOSPLIT, $16-0
	// println(length(text))
	MOVQ main·text(SB), AX
	MOVQ main·text+8(SB), BX
	CALL main·length<ABIInternal>(SB)
	PRINTLN
	// println(part(text))
	MOVQ main·text(SB), AX
	MOVQ main·text+8(SB), BX
	CALL main·part<ABIInternal>(SB)
	CALL runtime·printstring<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	// list = array[:2]; double(list); println(array[1])
	LEAQ main·array(SB), AX
	MOVQ AX, main·list(SB)
	MOVQ $2, main·list+8(SB)
	MOVQ $3, main·list+16(SB)
	MOVQ main·list(SB), AX
	MOVQ main·list+8(SB), BX
	MOVQ main·list+16(SB), CX
	CALL main·double<ABIInternal>(SB)
	MOVQ main·array+8(SB), AX
	PRINTLN
	// longer = append(list, 7); println(array[2])
	MOVQ main·list(SB), AX
	MOVQ main·list+8(SB), BX
	MOVQ main·list+16(SB), CX
	MOVQ $7, DI
	CALL main·push<ABIInternal>(SB)
	MOVQ AX, main·longer(SB)
	MOVQ BX, main·longer+8(SB)
	MOVQ CX, main·longer+16(SB)
	MOVQ main·array+16(SB), AX
	PRINTLN
	// longer = append(longer, 8); println(longer[3])
	MOVQ main·longer(SB), AX
	MOVQ main·longer+8(SB), BX
	MOVQ main·longer+16(SB), CX
	MOVQ $8, DI
	CALL main·push<ABIInternal>(SB)
	MOVQ AX, main·longer(SB)
	MOVQ BX, main·longer+8(SB)
	MOVQ CX, main·longer+16(SB)
	MOVQ 24(AX), AX
	PRINTLN
	// println(number(42))
	LEAQ main·intType(SB), AX
	LEAQ boxed<>(SB), BX
	CALL main·number<ABIInternal>(SB)
	PRINTLN
	// asked++; println(isNil(nil))
	INCQ main·asked(SB)
	MOVQ $0, AX
	MOVQ $0, BX
	CALL main·isNil<ABIInternal>(SB)
	MOVBLZX AX, AX
	PRINTLN
	// asked++; var p *point; println(isNil(p))
	INCQ main·asked(SB)
	LEAQ main·pointType(SB), AX
	MOVQ $0, BX
	CALL main·isNil<ABIInternal>(SB)
	MOVBLZX AX, AX
	PRINTLN
	RET

// func length(s string) int { return len(s) }
TEXT main·length<ABIInternal>(SB), NOSPLIT, $0-16
	MOVQ BX, AX
	RET

// func part(s string) string { return s[7:12] }
TEXT main·part<ABIInternal>(SB), NOSPLIT, $0-16
	ADDQ $7, AX
	MOVQ $5, BX
	RET

// func double(b []int) { b[1] *= 2 }
TEXT main·double<ABIInternal>(SB), NOSPLIT, $0-24
	SHLQ $1, 8(AX)
	RET

// func push(b []int, v int) []int { return append(b, v) }
TEXT main·push<ABIInternal>(SB), NOSPLIT, $0-32
	CMPQ BX, CX
	JEQ full
	MOVQ DI, (AX)(BX*8)
	INCQ BX
	RET
full:
	CALL main·grow<ABIInternal>(SB)
	RET

// What append does where there is no room: an array twice as long, what was there copied, and the new element behind it.
TEXT main·grow<ABIInternal>(SB), NOSPLIT, $32-32
	MOVQ AX, from-32(SP)
	MOVQ BX, length-24(SP)
	MOVQ CX, capacity-16(SP)
	MOVQ DI, value-8(SP)
	MOVQ CX, AX
	SHLQ $4, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ from-32(SP), SI
	MOVQ AX, DI
	MOVQ length-24(SP), CX
	CLD
	REP; MOVSQ
	MOVQ value-8(SP), CX
	MOVQ CX, (DI)
	MOVQ length-24(SP), BX
	INCQ BX
	MOVQ capacity-16(SP), CX
	SHLQ $1, CX
	RET

// func number(v any) int { if n, ok := v.(int); ok { return n }; return -1 }
TEXT main·number<ABIInternal>(SB), NOSPLIT, $0-16
	LEAQ main·intType(SB), CX
	CMPQ AX, CX
	JNE other
	MOVQ (BX), AX
	RET
other:
	MOVQ $-1, AX
	RET

// func isNil(v any) bool { return v == nil }
TEXT main·isNil<ABIInternal>(SB), NOSPLIT, $0-16
	TESTQ AX, AX
	SETEQ AX
	RET

DATA bytes<>+0(SB)/8, $"hello, w"
DATA bytes<>+8(SB)/4, $"orld"
GLOBL bytes<>(SB), RODATA, $12
DATA main·text+0(SB)/8, $bytes<>(SB)
DATA main·text+8(SB)/8, $12
GLOBL main·text(SB), NOPTR, $16
DATA main·array+0(SB)/8, $10
DATA main·array+8(SB)/8, $20
DATA main·array+16(SB)/8, $30
GLOBL main·array(SB), NOPTR, $24
GLOBL main·list(SB), NOPTR, $24
GLOBL main·longer(SB), NOPTR, $24
GLOBL main·asked(SB), NOPTR, $8
DATA boxed<>+0(SB)/8, $42
GLOBL boxed<>(SB), RODATA, $8
