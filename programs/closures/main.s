#include "textflag.h"

// n := 40; next := func() int { n++; return n }; next(); println(next())
// r := &rect{6, 7}; f := r.area; println(f())
// println(s.area()), where var s shape = r
TEXT main·main<ABIInternal>(SB), NOSPLIT, $40-0
	// n is captured and changed: it lives on the heap, and the closure holds its address.
	MOVQ $8, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ $40, (AX)
	MOVQ AX, 24(SP)
	MOVQ $counter__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	LEAQ main·count<ABIInternal>(SB), CX
	MOVQ CX, counter_fn(AX)
	MOVQ 24(SP), CX
	MOVQ CX, counter_n(AX)
	MOVQ AX, 32(SP)
	// A call of a func value: DX is the closure, its first word the code.
	MOVQ AX, DX
	MOVQ (DX), CX
	CALL CX
	MOVQ 32(SP), DX
	MOVQ (DX), CX
	CALL CX
	CALL println<>(SB)
	// r.area as a value
	MOVQ $bound__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	LEAQ main·areaOf<ABIInternal>(SB), CX
	MOVQ CX, bound_fn(AX)
	LEAQ rect<>(SB), CX
	MOVQ CX, bound_receiver(AX)
	MOVQ AX, DX
	MOVQ (DX), CX
	CALL CX
	CALL println<>(SB)
	// s.area(): from the table of the type in the interface's first word; its second word is the receiver.
	MOVQ main·s(SB), CX
	MOVQ main·s+8(SB), AX
	MOVQ itab_fun(CX), CX
	CALL CX
	CALL println<>(SB)
	RET

// func() int { n++; return n }
TEXT main·count<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ counter_n(DX), CX
	MOVQ (CX), AX
	INCQ AX
	MOVQ AX, (CX)
	RET

// The adapter behind r.area: puts the bound receiver where a method expects it.
TEXT main·areaOf<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ bound_receiver(DX), AX
	JMP main·area<ABIInternal>(SB)

// func (r *rect) area() int: the receiver is the first argument.
TEXT main·area<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ rect_width(AX), CX
	IMULQ rect_height(AX), CX
	MOVQ CX, AX
	RET

TEXT println<>(SB), NOSPLIT, $0-0
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

DATA rect<>+0(SB)/8, $6
DATA rect<>+8(SB)/8, $7
GLOBL rect<>(SB), RODATA, $rect__size
DATA main·s+0(SB)/8, $table<>(SB)
DATA main·s+8(SB)/8, $rect<>(SB)
GLOBL main·s(SB), NOPTR, $iface__size
// The itab of *rect for shape: type, and the methods' addresses.
DATA table<>+8(SB)/8, $main·rectType(SB)
DATA table<>+24(SB)/8, $main·area<ABIInternal>(SB)
GLOBL table<>(SB), RODATA, $itab__size
