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

// The race detector's hook: what tells it by hand that the map at AX is read or written by a function, on behalf of its caller. The frame is of at
// least 32 bytes, the map at h+0(FP).
#ifdef RACE
#define HOOK(hook, fn) \
	MOVQ AX, 0(SP) \
	MOVQ callerpc-8(FP), AX \
	MOVQ AX, 8(SP) \
	LEAQ fn<ABIInternal>(SB), AX \
	MOVQ AX, 16(SP) \
	CALL hook(SB) \
	MOVQ h+0(FP), AX
#else
#define HOOK(hook, fn) NOP
#endif

// mapassign_faststr(h, key) *uint64
TEXT runtime·mapassign_faststr<ABIInternal>(SB), NOSPLIT, $32-24
	MOVQ AX, h+0(FP)
	MOVQ BX, key_base+8(FP)
	MOVQ CX, key_len+16(FP)
	HOOK(runtime·racewritepc, runtime·mapassign_faststr)
	MOVQ key_base+8(FP), BX
	MOVQ key_len+16(FP), CX
	CALL runtime·mapassign<ABIInternal>(SB)
	RET

// The same since Go 1.24, whose maps are other ones (Swiss tables, internal/runtime/maps): it gives itself out for mapassign.
TEXT runtime·mapassignswiss_faststr<ABIInternal>(SB), NOSPLIT, $32-24
	MOVQ AX, h+0(FP)
	MOVQ BX, key_base+8(FP)
	MOVQ CX, key_len+16(FP)
	HOOK(runtime·racewritepc, runtime·mapassign)
	MOVQ key_base+8(FP), BX
	MOVQ key_len+16(FP), CX
	CALL runtime·mapassign<ABIInternal>(SB)
	RET

// mapiterinit(h, it): the hook that makes //go:norace not enough.
TEXT runtime·mapiterinit<ABIInternal>(SB), NOSPLIT, $32-16
	MOVQ AX, h+0(FP)
	MOVQ BX, it+8(FP)
	HOOK(runtime·racereadpc, runtime·mapiterinit)
	MOVQ it+8(FP), BX
	CALL runtime·mapbegin<ABIInternal>(SB)
	RET

// mapiternext(it)
TEXT runtime·mapiternext<ABIInternal>(SB), NOSPLIT, $32-8
	MOVQ AX, h+0(FP)
	MOVQ hiter_h(AX), AX
	HOOK(runtime·racereadpc, runtime·mapiternext)
	MOVQ h+0(FP), AX
	CALL runtime·mapstep<ABIInternal>(SB)
	RET

// And these have other names.
TEXT runtime·mapIterStart<ABIInternal>(SB), NOSPLIT, $32-16
	MOVQ AX, h+0(FP)
	MOVQ BX, it+8(FP)
	HOOK(runtime·racereadpc, runtime·mapIterStart)
	MOVQ it+8(FP), BX
	CALL runtime·mapbegin<ABIInternal>(SB)
	RET

TEXT runtime·mapIterNext<ABIInternal>(SB), NOSPLIT, $32-8
	MOVQ AX, h+0(FP)
	MOVQ hiter_h(AX), AX
	HOOK(runtime·racereadpc, runtime·mapIterNext)
	MOVQ h+0(FP), AX
	CALL runtime·mapstep<ABIInternal>(SB)
	RET

// mapbegin(h, it): the first entry.
TEXT runtime·mapbegin<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ AX, hiter_h(BX)
	MOVQ $-1, hiter_i(BX)
	MOVQ BX, AX
	CALL runtime·mapstep<ABIInternal>(SB)
	RET

// mapstep(it): it.key is nil behind the last entry.
TEXT runtime·mapstep<ABIInternal>(SB), NOSPLIT, $0-0
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
