#include "textflag.h"

// Maps of up to eight string keys, in the order of insertion.

// makemap() *hmap
TEXT runtime·makemap<ABIInternal>(SB), NOSPLIT, $8-0
	MOVQ $hmap__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ AX, 0(SP)
	MOVQ $(8*bucket__size), AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ 0(SP), CX
	MOVQ AX, hmap_buf(CX)
	MOVQ CX, AX
	RET

// mapassign(h, key) *uint64: a new entry; keys are not compared.
TEXT runtime·mapassign<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ hmap_count(AX), DX
	INCQ hmap_count(AX)
	IMUL3Q $bucket__size, DX, DX
	ADDQ hmap_buf(AX), DX
	MOVQ BX, bucket_key(DX)
	MOVQ CX, (bucket_key+8)(DX)
	LEAQ bucket_elem(DX), AX
	RET

// mapiterinit(h, it): the hook that makes //go:norace not enough: it tells the race runtime by hand that the map is read.
TEXT runtime·mapiterinit<ABIInternal>(SB), NOSPLIT, $32-0
	MOVQ AX, h+0(FP)
	MOVQ BX, it+8(FP)
#ifdef RACE
	// racereadpc(h, callerpc, abi.FuncPCABIInternal(mapiterinit))
	MOVQ AX, 0(SP)
	MOVQ 40(SP), CX
	MOVQ CX, 8(SP)
	LEAQ runtime·mapiterinit<ABIInternal>(SB), CX
	MOVQ CX, 16(SP)
	CALL runtime·racereadpc(SB)
	MOVQ h+0(FP), AX
	MOVQ it+8(FP), BX
#endif
	MOVQ AX, hiter_h(BX)
	MOVQ $-1, hiter_i(BX)
	MOVQ BX, AX
	CALL runtime·mapiternext<ABIInternal>(SB)
	RET

// mapiternext(it): it.key is nil behind the last entry.
TEXT runtime·mapiternext<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ hiter_h(AX), BX
	MOVQ hiter_i(AX), CX
	INCQ CX
	MOVQ CX, hiter_i(AX)
	CMPQ CX, hmap_count(BX)
	JGE end
	IMUL3Q $bucket__size, CX, CX
	ADDQ hmap_buf(BX), CX
	LEAQ bucket_key(CX), DX
	MOVQ DX, hiter_key(AX)
	LEAQ bucket_elem(CX), DX
	MOVQ DX, hiter_elem(AX)
	RET
end:
	MOVQ $0, hiter_key(AX)
	RET
