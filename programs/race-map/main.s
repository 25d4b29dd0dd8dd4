#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go. The variants hash and swiss are racy, with the hooks of the two kinds of map.

DATA one<>+0(SB)/1, $"1"
GLOBL one<>(SB), RODATA, $1
DATA two<>+0(SB)/1, $"2"
GLOBL two<>(SB), RODATA, $1

// m[key] = n
#define ASSIGN(m, key, n) MOVQ m, AX; LEAQ key<>(SB), BX; MOVL $1, CX; CALL MAPASSIGN<ABIInternal>(SB); MOVQ $n, (AX)
#ifdef SWISS
#define MAPASSIGN runtime·mapassignswiss_faststr
#define ITERINIT runtime·mapIterStart
#define ITERNEXT runtime·mapIterNext
#else
#define MAPASSIGN runtime·mapassign_faststr
#define ITERINIT runtime·mapiterinit
#define ITERNEXT runtime·mapiternext
#endif

TEXT main·main<ABIInternal>(SB), NOSPLIT, $104-0
	// m := map[string]uint64{"1": 1}
	CALL runtime·makemap<ABIInternal>(SB)
	MOVQ AX, m-8(SP)
	ASSIGN(m-8(SP), one, 1)
	MAKECHAN(0, c-16(SP))
	GO2(main·main·func1, m-8(SP), c-16(SP))
#ifdef MENDED
	RECEIVE(c-16(SP), v-24(SP))
#else
	GOSCHED
#endif
	// for _, v := range m { sum += v }
	MOVQ $0, sum-32(SP)
	MOVQ m-8(SP), AX
	LEAQ it-72(SP), BX
	CALL ITERINIT<ABIInternal>(SB)
loop:
	CMPQ it-72(SP), $0
	JEQ done
	MOVQ it-64(SP), CX
	MOVQ (CX), CX
	ADDQ CX, sum-32(SP)
	LEAQ it-72(SP), AX
	CALL ITERNEXT<ABIInternal>(SB)
	JMP loop
done:
	PRINT(sum-32(SP))
#ifndef MENDED
	RECEIVE(c-16(SP), v-24(SP))
#endif
	RET

// func() { m["2"] = 2; c <- 0 }
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $72-0
	MOVQ 8(DX), AX
	MOVQ AX, m-8(SP)
	MOVQ 16(DX), AX
	MOVQ AX, c-16(SP)
	ASSIGN(m-8(SP), two, 2)
	SEND(c-16(SP), v-24(SP))
	RET
