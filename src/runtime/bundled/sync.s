#include "textflag.h"

// Package sync, on the one m of this runtime: no goroutine is interrupted in here, so a state is not looked at twice. What the race detector is told
// is what Go 1.24 tells it.

// What a function tells of its receiver, at m+0(FP): `at` bytes on.
#ifdef RACE
#define TELL(of, at) MOVQ m+0(FP), AX; ADDQ $at, AX; CALL of<ABIInternal>(SB)
#define DISABLE CALL runtime·RaceDisable<ABIInternal>(SB)
#define ENABLE CALL runtime·RaceEnable<ABIInternal>(SB)
#define READ(at) MOVQ m+0(FP), AX; ADDQ $at, AX; CALL runtime·RaceRead<ABIInternal>(SB)
#define WRITE(at) MOVQ m+0(FP), AX; ADDQ $at, AX; CALL runtime·RaceWrite<ABIInternal>(SB)
#else
#define TELL(of, at) NOP
#define DISABLE NOP
#define ENABLE NOP
#define READ(at) NOP
#define WRITE(at) NOP
#endif

// A call of sync/atomic with the word at m+at: AX is the new value.
#define ADD32(at, delta) MOVQ m+0(FP), AX; ADDQ $at, AX; MOVQ $delta, BX; CALL sync∕atomic·AddInt32<ABIInternal>(SB)

#define LOCKED 1
#define WAITER 8

// Lock: of the state bit 0 is the lock, and the bits from 3 on count those who wait.
TEXT sync·ᐸMutexᐳ·Lock<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, m+0(FP)
again:
	MOVQ m+0(FP), AX
	MOVL Mutex_state(AX), BX
	TESTL $LOCKED, BX
	JNE wait
	MOVL BX, CX
	ORL $LOCKED, CX
	CALL sync∕atomic·CompareAndSwapInt32<ABIInternal>(SB)
	TELL(runtime·raceacquire, 0)
	RET
wait:
	ADD32(0, WAITER)
	MOVQ m+0(FP), AX
	ADDQ $Mutex_sema, AX
	CALL runtime·semacquire<ABIInternal>(SB)
	JMP again

TEXT sync·ᐸMutexᐳ·Unlock<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, m+0(FP)
	TELL(runtime·racerelease, 0)
	ADD32(0, -LOCKED)
	CMPL AX, $WAITER
	JLT done
	ADD32(0, -WAITER)
	MOVQ m+0(FP), AX
	ADDQ $Mutex_sema, AX
	CALL runtime·semrelease<ABIInternal>(SB)
done:
	RET

#define MAX_READERS 0x40000000

// RLock: a negative count of readers says that a writer waits or writes.
TEXT sync·ᐸRWMutexᐳ·RLock<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, m+0(FP)
	READ(0)
	DISABLE
	ADD32(RWMutex_readerCount, 1)
	TESTL AX, AX
	JGE in
	MOVQ m+0(FP), AX
	ADDQ $RWMutex_readerSem, AX
	CALL runtime·semacquire<ABIInternal>(SB)
in:
	ENABLE
	TELL(runtime·raceacquire, RWMutex_readerSem)
	RET

TEXT sync·ᐸRWMutexᐳ·RUnlock<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, m+0(FP)
	READ(0)
	TELL(runtime·racereleasemerge, RWMutex_writerSem)
	DISABLE
	ADD32(RWMutex_readerCount, -1)
	TESTL AX, AX
	JGE out
	ADD32(RWMutex_readerWait, -1)
	TESTL AX, AX
	JNE out
	MOVQ m+0(FP), AX
	ADDQ $RWMutex_writerSem, AX
	CALL runtime·semrelease<ABIInternal>(SB)
out:
	ENABLE
	RET

TEXT sync·ᐸRWMutexᐳ·Lock<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, m+0(FP)
	READ(0)
	DISABLE
	MOVQ m+0(FP), AX
	CALL sync·ᐸMutexᐳ·Lock<ABIInternal>(SB)
	ADD32(RWMutex_readerCount, -MAX_READERS)
	ADDL $MAX_READERS, AX
	JEQ in
	MOVL AX, 0(SP)
	MOVQ m+0(FP), AX
	ADDQ $RWMutex_readerWait, AX
	MOVLQSX 0(SP), BX
	CALL sync∕atomic·AddInt32<ABIInternal>(SB)
	TESTL AX, AX
	JEQ in
	MOVQ m+0(FP), AX
	ADDQ $RWMutex_writerSem, AX
	CALL runtime·semacquire<ABIInternal>(SB)
in:
	ENABLE
	TELL(runtime·raceacquire, RWMutex_readerSem)
	TELL(runtime·raceacquire, RWMutex_writerSem)
	RET

TEXT sync·ᐸRWMutexᐳ·Unlock<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, m+0(FP)
	READ(0)
	TELL(runtime·racerelease, RWMutex_readerSem)
	DISABLE
	ADD32(RWMutex_readerCount, MAX_READERS)
	MOVL AX, 0(SP)
readers:
	CMPL 0(SP), $0
	JLE unlock
	DECL 0(SP)
	MOVQ m+0(FP), AX
	ADDQ $RWMutex_readerSem, AX
	CALL runtime·semrelease<ABIInternal>(SB)
	JMP readers
unlock:
	MOVQ m+0(FP), AX
	CALL sync·ᐸMutexᐳ·Unlock<ABIInternal>(SB)
	ENABLE
	RET

// Add: the upper half of the state counts what is not done, the lower those who wait.
TEXT sync·ᐸWaitGroupᐳ·Add<ABIInternal>(SB), NOSPLIT, $24-16
	MOVQ AX, m+0(FP)
	MOVQ BX, delta+8(FP)
#ifdef RACE
	TESTQ BX, BX
	JGE more
	// What was done before is known to those who have waited.
	TELL(runtime·racereleasemerge, 0)
more:
#endif
	DISABLE
	MOVQ m+0(FP), AX
	MOVQ delta+8(FP), BX
	SHLQ $32, BX
	CALL sync∕atomic·AddInt64<ABIInternal>(SB)
	MOVQ AX, 0(SP)
#ifdef RACE
	MOVQ AX, CX
	SARQ $32, CX
	CMPQ CX, delta+8(FP)
	JNE later
	TESTQ CX, CX
	JLE later
	// The first Add must not come together with Wait: a read here, and a write there.
	READ(WaitGroup_sema)
later:
#endif
	MOVQ 0(SP), AX
	MOVQ AX, CX
	SARQ $32, CX
	JNE done
	MOVL AX, CX
	TESTL CX, CX
	JEQ done
	MOVL CX, 8(SP)
	MOVQ m+0(FP), AX
	MOVQ $0, WaitGroup_state(AX)
wake:
	MOVQ m+0(FP), AX
	ADDQ $WaitGroup_sema, AX
	CALL runtime·semrelease<ABIInternal>(SB)
	DECL 8(SP)
	JNE wake
done:
	ENABLE
	RET

TEXT sync·ᐸWaitGroupᐳ·Done<ABIInternal>(SB), NOSPLIT, $16-8
	MOVQ $-1, BX
	CALL sync·ᐸWaitGroupᐳ·Add<ABIInternal>(SB)
	RET

TEXT sync·ᐸWaitGroupᐳ·Wait<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, m+0(FP)
	DISABLE
	MOVQ m+0(FP), AX
	CALL sync∕atomic·LoadInt64<ABIInternal>(SB)
	MOVQ AX, 0(SP)
	SARQ $32, AX
	JEQ done
	MOVQ m+0(FP), AX
	MOVQ 0(SP), BX
	LEAQ 1(BX), CX
	CALL sync∕atomic·CompareAndSwapInt64<ABIInternal>(SB)
	CMPL 0(SP), $0
	JNE wait
	// The first who waits.
	WRITE(WaitGroup_sema)
wait:
	MOVQ m+0(FP), AX
	ADDQ $WaitGroup_sema, AX
	CALL runtime·semacquire<ABIInternal>(SB)
done:
	ENABLE
	TELL(runtime·raceacquire, 0)
	RET

TEXT sync·ᐸOnceᐳ·Do<ABIInternal>(SB), NOSPLIT, $16-16
	MOVQ AX, m+0(FP)
	MOVQ BX, f+8(FP)
	CALL sync∕atomic·LoadInt32<ABIInternal>(SB)
	TESTL AX, AX
	JNE done
	MOVQ m+0(FP), AX
	MOVQ f+8(FP), BX
	CALL sync·ᐸOnceᐳ·doSlow<ABIInternal>(SB)
done:
	RET

TEXT sync·ᐸOnceᐳ·doSlow<ABIInternal>(SB), NOSPLIT, $16-16
	MOVQ AX, m+0(FP)
	MOVQ BX, f+8(FP)
	ADDQ $Once_m, AX
	CALL sync·ᐸMutexᐳ·Lock<ABIInternal>(SB)
	MOVQ m+0(FP), AX
	CMPL Once_done(AX), $0
	JNE unlock
	MOVQ f+8(FP), DX
	MOVQ (DX), CX
	CALL CX
	MOVQ m+0(FP), AX
	MOVL $1, BX
	CALL sync∕atomic·StoreInt32<ABIInternal>(SB)
unlock:
	MOVQ m+0(FP), AX
	ADDQ $Once_m, AX
	CALL sync·ᐸMutexᐳ·Unlock<ABIInternal>(SB)
	RET
