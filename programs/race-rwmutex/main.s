#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

GLOBL main·hits(SB), NOPTR, $8

#ifdef MENDED
#define ENTER sync·ᐸRWMutexᐳ·Lock
#define LEAVE sync·ᐸRWMutexᐳ·Unlock
#else
#define ENTER sync·ᐸRWMutexᐳ·RLock
#define LEAVE sync·ᐸRWMutexᐳ·RUnlock
#endif

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	NEW(WaitGroup__size, wg-8(SP))
	NEW(RWMutex__size, rw-16(SP))
	ADD(wg-8(SP), 2)
	GO2(main·main·func1, wg-8(SP), rw-16(SP))
	GO2(main·main·func1, wg-8(SP), rw-16(SP))
	WAIT(wg-8(SP))
	PRINT(main·hits(SB))
	RET

// func() { rw.RLock(); hits++; rw.RUnlock(); wg.Done() }
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
	MOVQ 16(DX), AX
	MOVQ AX, rw-16(SP)
	CALL1(ENTER, rw-16(SP))
	INCQ main·hits(SB)
	CALL1(LEAVE, rw-16(SP))
	DONE(wg-8(SP))
	RET
