#include "textflag.h"

// The C side: System V, no frame pointer. Go links a library here, ThreadSanitizer; this one looks at what that one looks at first, where a program
// dies that gives it a nil thread, and has the rest done by the detector that r14 brings along (src/runtime/race). It is called as a kernel is, by a
// number that no other kernel has: there nothing is detected, and the program runs as it would without -race.

#define DETECT(call) MOVL $call, AX; JMP detect<>(SB)

// The race runtime's Context, as its own variable is called.
GLOBL _ZN6__tsan3ctxE(SB), NOPTR, $8
// Stands for all threads where there is no detector.
GLOBL tsanNobody<>(SB), NOPTR, $threadState__size
GLOBL tsanLog<>(SB), NOPTR, $8

// Asks for what AX says; the arguments are in DI, SI, DX, CX and R8. AX is 1 when there is something to tell.
TEXT detect<>(SB), NOSPLIT, $0-0
	MOVQ CX, R10
	SYSCALL
	CMPQ AX, $1
	JEQ tell
	CMPQ AX, $-14
	JEQ fault
	RET
tell:
	MOVQ $tsanReplyAddress, AX
	MOVQ tsanReply_thread(AX), DI
	TESTQ DI, DI
	JEQ text
	MOVQ tsanReply_cells(AX), SI
	MOVL tsanReply_current(AX), DX
	MOVL tsanReply_old(AX), CX
	JMP __tsan_report_race(SB)
text:
	JMP tell<>(SB)
fault:
	// The address has no shadow: the real one reads its cells and dies of that.
	ANDQ $~7, SI
	SHLQ $1, SI
	MOVQ $0x200000000000, AX
	ADDQ AX, SI
	MOVQ (SI), AX
	RET

// __tsan_report_race(thr, shadow, cur, old): comes by with each race that is found, in front of its report, if it gets one.
TEXT __tsan_report_race(SB), NOSPLIT, $0-0
	JMP tell<>(SB)

// Writes what the reply says to where it says, and ends the process when it says so.
TEXT tell<>(SB), NOSPLIT, $0-0
	PUSHQ BX
	MOVQ $tsanReplyAddress, BX
	CMPQ tsanReply_length(BX), $0
	JEQ written
	MOVL tsanReply_descriptor(BX), DI
	MOVQ tsanReply_path(BX), AX
	TESTQ AX, AX
	JEQ write
	MOVL tsanLog<>(SB), DI
	TESTL DI, DI
	JNE write
	// open(path, O_WRONLY|O_CREAT|O_TRUNC, 0660)
	MOVQ AX, DI
	MOVL $0x241, SI
	MOVL $0x1b0, DX
	MOVL $2, AX
	SYSCALL
	TESTQ AX, AX
	// Where the file cannot be had, nobody hears of it.
	JLT written
	MOVQ AX, tsanLog<>(SB)
	MOVQ AX, DI
write:
	MOVQ tsanReply_text(BX), SI
	MOVQ tsanReply_length(BX), DX
more:
	MOVL $1, AX
	SYSCALL
	TESTQ AX, AX
	JLE written
	ADDQ AX, SI
	SUBQ AX, DX
	JNE more
written:
	CMPL tsanReply_ends(BX), $0
	JEQ back
	MOVQ tsanReply_seconds(BX), AX
	ORQ tsanReply_nanoseconds(BX), AX
	JEQ end
	// nanosleep(&reply.seconds, nil)
	LEAQ tsanReply_seconds(BX), DI
	XORL SI, SI
	MOVL $35, AX
	SYSCALL
end:
	MOVL tsanReply_status(BX), DI
	MOVL $231, AX
	SYSCALL
back:
	POPQ BX
	RET
// __tsan_init(&thr, &proc, callback)
TEXT __tsan_init(SB), NOSPLIT, $0-0
	PUSHQ BX
	MOVQ DI, BX
	LEAQ tsanNobody<>(SB), AX
	MOVQ AX, (BX)
	MOVQ AX, (SI)
	MOVQ $0x7e0000000000, AX
	MOVQ AX, _ZN6__tsan3ctxE(SB)
	MOVQ runtime·argv(SB), DX
	MOVQ $0, tsanLog<>(SB)
	XORL CX, CX
	XORL R8, R8
	MOVL $TSAN_init, AX
	CALL detect<>(SB)
	MOVQ $tsanReplyAddress, BX
	TESTQ AX, AX
	JLT done
	CMPQ tsanReply_suppressions(BX), $0
	JEQ done
	// A file of races that are not to be told of: open(path, O_RDONLY), and all of it.
	MOVQ tsanReply_suppressions(BX), DI
	XORL SI, SI
	XORL DX, DX
	MOVL $2, AX
	SYSCALL
	TESTQ AX, AX
	JLT suppress
	MOVQ AX, DI
	MOVQ tsanReply_room(BX), SI
	MOVL $tsanReplyRoom, DX
read:
	XORL AX, AX
	SYSCALL
	TESTQ AX, AX
	JLE all
	ADDQ AX, SI
	SUBQ AX, DX
	JNE read
all:
	MOVL $3, AX
	SYSCALL
	MOVQ SI, AX
	SUBQ tsanReply_room(BX), AX
suppress:
	MOVQ AX, DI
	MOVL $TSAN_suppressions, AX
	CALL detect<>(SB)
done:
	POPQ BX
	RET

TEXT __tsan_fini(SB), NOSPLIT, $0-0
	MOVL $TSAN_fini, AX
	CALL detect<>(SB)
	// No detector has ended the process.
	XORL DI, DI
	MOVL $231, AX
	SYSCALL
	INT $3

// __tsan_go_start(parent, &thr, pc)
TEXT __tsan_go_start(SB), NOSPLIT, $0-0
	LEAQ tsanNobody<>(SB), AX
	MOVQ AX, (SI)
	DETECT(TSAN_go_start)

// __tsan_func_enter(thr, pc): the first thing it touches is thr->trace_pos.
TEXT __tsan_func_enter(SB), NOSPLIT, $0-0
	MOVQ threadState_trace_pos(DI), DX
	DETECT(TSAN_func_enter)

TEXT __tsan_func_exit(SB), NOSPLIT, $0-0
	MOVQ threadState_trace_pos(DI), DX
	DETECT(TSAN_func_exit)

// __tsan_read(thr, addr, pc) and __tsan_write: thr->fast_state is what an access looks at first.
TEXT __tsan_read(SB), NOSPLIT, $0-0
	MOVL threadState_fast_state(DI), R9
	DETECT(TSAN_read)

TEXT __tsan_write(SB), NOSPLIT, $0-0
	MOVL threadState_fast_state(DI), R9
	DETECT(TSAN_write)

// (thr, addr, size, pc)
TEXT __tsan_read_range(SB), NOSPLIT, $0-0
	MOVL threadState_fast_state(DI), R9
	DETECT(TSAN_read_range)

TEXT __tsan_write_range(SB), NOSPLIT, $0-0
	MOVL threadState_fast_state(DI), R9
	DETECT(TSAN_write_range)

// __tsan_read_pc(thr, addr, callpc, pc) and __tsan_write_pc: an access in a function that they enter and leave, so they look at the trace first.
TEXT __tsan_read_pc(SB), NOSPLIT, $0-0
	MOVQ threadState_trace_pos(DI), R9
	DETECT(TSAN_read_pc)

TEXT __tsan_write_pc(SB), NOSPLIT, $0-0
	MOVQ threadState_trace_pos(DI), R9
	DETECT(TSAN_write_pc)

// Atomic operations: (thr, caller's pc, pc, the arguments in Go's frame: address at 0, then operands and results). Memory changes first; nothing
// comes between that and what the detector makes of it.
TEXT afterAtomic<>(SB), NOSPLIT, $0-0
	MOVQ (CX), CX
	DETECT(TSAN_atomic)

TEXT __tsan_map_shadow(SB), NOSPLIT, $0-0
	DETECT(TSAN_map_shadow)

TEXT __tsan_malloc(SB), NOSPLIT, $0-0
	DETECT(TSAN_malloc)

TEXT __tsan_free(SB), NOSPLIT, $0-0
	DETECT(TSAN_free)

TEXT __tsan_go_end(SB), NOSPLIT, $0-0
	DETECT(TSAN_go_end)

TEXT __tsan_proc_create(SB), NOSPLIT, $0-0
	DETECT(TSAN_proc_create)

TEXT __tsan_finalizer_goroutine(SB), NOSPLIT, $0-0
	DETECT(TSAN_finalizer_goroutine)

TEXT __tsan_acquire(SB), NOSPLIT, $0-0
	DETECT(TSAN_acquire)

TEXT __tsan_release(SB), NOSPLIT, $0-0
	DETECT(TSAN_release)

TEXT __tsan_release_acquire(SB), NOSPLIT, $0-0
	DETECT(TSAN_release_acquire)

TEXT __tsan_release_merge(SB), NOSPLIT, $0-0
	DETECT(TSAN_release_merge)

TEXT __tsan_mutex_after_lock(SB), NOSPLIT, $0-0
	DETECT(TSAN_mutex_after_lock)

TEXT __tsan_mutex_before_unlock(SB), NOSPLIT, $0-0
	DETECT(TSAN_mutex_before_unlock)

TEXT __tsan_go_ignore_sync_begin(SB), NOSPLIT, $0-0
	DETECT(TSAN_go_ignore_sync_begin)

TEXT __tsan_go_ignore_sync_end(SB), NOSPLIT, $0-0
	DETECT(TSAN_go_ignore_sync_end)

TEXT __tsan_report_count(SB), NOSPLIT, $0-0
	DETECT(TSAN_report_count)

// Of what Go has no use for, or keeps no account of.
TEXT __tsan_proc_destroy(SB), NOSPLIT, $0-0
	RET

TEXT __tsan_mutex_before_lock(SB), NOSPLIT, $0-0
	RET

TEXT __tsan_go_atomic32_load(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVL (R9), AX
	MOVL AX, 8(CX)
	MOVL $(4 | 0<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic32_store(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVL 8(CX), AX
	XCHGL AX, (R9)
	MOVL $(4 | 1<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic32_exchange(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVL 8(CX), AX
	XCHGL AX, (R9)
	MOVL AX, 16(CX)
	MOVL $(4 | 2<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic32_fetch_add(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVL 8(CX), AX
	LOCK
	XADDL AX, (R9)
	MOVL AX, 16(CX)
	MOVL $(4 | 2<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic32_fetch_and(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVL (R9), AX
again:
	MOVL 8(CX), R11
	ANDL AX, R11
	LOCK
	CMPXCHGL R11, (R9)
	JNE again
	MOVL AX, 16(CX)
	MOVL $(4 | 2<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic32_fetch_or(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVL (R9), AX
again:
	MOVL 8(CX), R11
	ORL AX, R11
	LOCK
	CMPXCHGL R11, (R9)
	JNE again
	MOVL AX, 16(CX)
	MOVL $(4 | 2<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic32_compare_exchange(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVL 8(CX), AX
	MOVL 12(CX), R11
	LOCK
	CMPXCHGL R11, (R9)
	SETEQ 16(CX)
	MOVBLZX 16(CX), R8
	SHLL $16, R8
	ORL $(4 | 3<<8), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic64_load(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVQ (R9), AX
	MOVQ AX, 8(CX)
	MOVL $(8 | 0<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic64_store(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVQ 8(CX), AX
	XCHGQ AX, (R9)
	MOVL $(8 | 1<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic64_exchange(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVQ 8(CX), AX
	XCHGQ AX, (R9)
	MOVQ AX, 16(CX)
	MOVL $(8 | 2<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic64_fetch_add(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVQ 8(CX), AX
	LOCK
	XADDQ AX, (R9)
	MOVQ AX, 16(CX)
	MOVL $(8 | 2<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic64_fetch_and(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVQ (R9), AX
again:
	MOVQ 8(CX), R11
	ANDQ AX, R11
	LOCK
	CMPXCHGQ R11, (R9)
	JNE again
	MOVQ AX, 16(CX)
	MOVL $(8 | 2<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic64_fetch_or(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVQ (R9), AX
again:
	MOVQ 8(CX), R11
	ORQ AX, R11
	LOCK
	CMPXCHGQ R11, (R9)
	JNE again
	MOVQ AX, 16(CX)
	MOVL $(8 | 2<<8 | 1<<16), R8
	JMP afterAtomic<>(SB)

TEXT __tsan_go_atomic64_compare_exchange(SB), NOSPLIT, $0-0
	MOVQ (CX), R9
	MOVQ 8(CX), AX
	MOVQ 16(CX), R11
	LOCK
	CMPXCHGQ R11, (R9)
	SETEQ 24(CX)
	MOVBLZX 24(CX), R8
	SHLL $16, R8
	ORL $(8 | 3<<8), R8
	JMP afterAtomic<>(SB)
