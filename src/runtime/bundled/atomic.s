#include "textflag.h"

// Package sync/atomic. With -race each operation is the race detector's (runtime/race_amd64.s).

TEXT sync∕atomic·LoadInt32(SB), NOSPLIT|NOFRAME, $0-12
#ifdef RACE
	LEAQ __tsan_go_atomic32_load(SB), AX
	CALL runtime·racecallatomic(SB)
#else
	MOVQ addr+0(FP), CX
	MOVL (CX), AX
	MOVL AX, val+8(FP)
#endif
	RET

TEXT sync∕atomic·StoreInt32(SB), NOSPLIT|NOFRAME, $0-12
#ifdef RACE
	LEAQ __tsan_go_atomic32_store(SB), AX
	CALL runtime·racecallatomic(SB)
#else
	MOVQ addr+0(FP), CX
	MOVL val+8(FP), AX
	XCHGL AX, (CX)
#endif
	RET

TEXT sync∕atomic·AddInt32(SB), NOSPLIT|NOFRAME, $0-20
#ifdef RACE
	LEAQ __tsan_go_atomic32_fetch_add(SB), AX
	CALL runtime·racecallatomic(SB)
	// It has left the old value.
	MOVL delta+8(FP), AX
	ADDL AX, new+16(FP)
#else
	MOVQ addr+0(FP), CX
	MOVL delta+8(FP), AX
	MOVL AX, DX
	LOCK
	XADDL AX, (CX)
	ADDL DX, AX
	MOVL AX, new+16(FP)
#endif
	RET

TEXT sync∕atomic·SwapInt32(SB), NOSPLIT|NOFRAME, $0-20
#ifdef RACE
	LEAQ __tsan_go_atomic32_exchange(SB), AX
	CALL runtime·racecallatomic(SB)
#else
	MOVQ addr+0(FP), CX
	MOVL new+8(FP), AX
	XCHGL AX, (CX)
	MOVL AX, old+16(FP)
#endif
	RET

TEXT sync∕atomic·CompareAndSwapInt32(SB), NOSPLIT|NOFRAME, $0-17
#ifdef RACE
	LEAQ __tsan_go_atomic32_compare_exchange(SB), AX
	CALL runtime·racecallatomic(SB)
#else
	MOVQ addr+0(FP), CX
	MOVL old+8(FP), AX
	MOVL new+12(FP), DX
	LOCK
	CMPXCHGL DX, (CX)
	SETEQ swapped+16(FP)
#endif
	RET

TEXT sync∕atomic·LoadInt64(SB), NOSPLIT|NOFRAME, $0-16
#ifdef RACE
	LEAQ __tsan_go_atomic64_load(SB), AX
	CALL runtime·racecallatomic(SB)
#else
	MOVQ addr+0(FP), CX
	MOVQ (CX), AX
	MOVQ AX, val+8(FP)
#endif
	RET

TEXT sync∕atomic·StoreInt64(SB), NOSPLIT|NOFRAME, $0-16
#ifdef RACE
	LEAQ __tsan_go_atomic64_store(SB), AX
	CALL runtime·racecallatomic(SB)
#else
	MOVQ addr+0(FP), CX
	MOVQ val+8(FP), AX
	XCHGQ AX, (CX)
#endif
	RET

TEXT sync∕atomic·AddInt64(SB), NOSPLIT|NOFRAME, $0-24
#ifdef RACE
	LEAQ __tsan_go_atomic64_fetch_add(SB), AX
	CALL runtime·racecallatomic(SB)
	// It has left the old value.
	MOVQ delta+8(FP), AX
	ADDQ AX, new+16(FP)
#else
	MOVQ addr+0(FP), CX
	MOVQ delta+8(FP), AX
	MOVQ AX, DX
	LOCK
	XADDQ AX, (CX)
	ADDQ DX, AX
	MOVQ AX, new+16(FP)
#endif
	RET

TEXT sync∕atomic·SwapInt64(SB), NOSPLIT|NOFRAME, $0-24
#ifdef RACE
	LEAQ __tsan_go_atomic64_exchange(SB), AX
	CALL runtime·racecallatomic(SB)
#else
	MOVQ addr+0(FP), CX
	MOVQ new+8(FP), AX
	XCHGQ AX, (CX)
	MOVQ AX, old+16(FP)
#endif
	RET

TEXT sync∕atomic·CompareAndSwapInt64(SB), NOSPLIT|NOFRAME, $0-25
#ifdef RACE
	LEAQ __tsan_go_atomic64_compare_exchange(SB), AX
	CALL runtime·racecallatomic(SB)
#else
	MOVQ addr+0(FP), CX
	MOVQ old+8(FP), AX
	MOVQ new+16(FP), DX
	LOCK
	CMPXCHGQ DX, (CX)
	SETEQ swapped+24(FP)
#endif
	RET
