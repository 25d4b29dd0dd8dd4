#include "textflag.h"

// The C side: System V, no frame pointer, as a C++ compiler makes it. Contexts and a trace of what was entered, left and accessed lie in
// guest memory; the detector itself is not here.

#define EVENT_ENTER 1
#define EVENT_EXIT 2
#define EVENT_READ 3
#define EVENT_WRITE 4
#define TRACE_BYTES 4096
#define CONTEXT_BYTES 8192

GLOBL tsanNext<>(SB), NOPTR, $8
GLOBL tsanThreads<>(SB), NOPTR, $8

// __tsan_init(&thr)
TEXT __tsan_init(SB), NOSPLIT, $0-0
	PUSHQ BX
	MOVQ DI, BX
	// mmap(nil, 1 MiB, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANON, -1, 0)
	XORL DI, DI
	MOVL $0x100000, SI
	MOVL $3, DX
	MOVL $0x22, R10
	MOVQ $-1, R8
	XORL R9, R9
	MOVL $9, AX
	SYSCALL
	MOVQ AX, tsanNext<>(SB)
	XORL DI, DI
	MOVQ BX, SI
	CALL __tsan_go_start(SB)
	POPQ BX
	RET

// __tsan_go_start(parent, &thr, pc)
TEXT __tsan_go_start(SB), NOSPLIT, $0-0
	MOVQ tsanNext<>(SB), AX
	LEAQ CONTEXT_BYTES(AX), CX
	MOVQ CX, tsanNext<>(SB)
	LEAQ threadState__size(AX), CX
	MOVQ CX, threadState_trace_pos(AX)
	ADDQ $TRACE_BYTES, CX
	MOVQ CX, threadState_trace_end(AX)
	MOVQ DI, threadState_parent(AX)
	MOVQ tsanThreads<>(SB), CX
	MOVQ CX, threadState_id(AX)
	INCQ CX
	MOVQ CX, tsanThreads<>(SB)
	MOVQ AX, (SI)
	RET

// __tsan_go_end(thr)
TEXT __tsan_go_end(SB), NOSPLIT, $0-0
	MOVQ $0, threadState_trace_pos(DI)
	RET

// __tsan_func_enter(thr, pc): pc goes to the trace. The first thing it touches is thr->trace_pos.
TEXT __tsan_func_enter(SB), NOSPLIT, $0-0
	MOVQ threadState_trace_pos(DI), DX
	LEAQ 16(DX), AX
	CMPQ AX, threadState_trace_end(DI)
	JHI full
	MOVQ $EVENT_ENTER, (DX)
	MOVQ SI, 8(DX)
	MOVQ AX, threadState_trace_pos(DI)
	INCQ threadState_depth(DI)
	RET
full:
	LEAQ threadState__size(DI), DX
	MOVQ DX, threadState_trace_pos(DI)
	JMP __tsan_func_enter(SB)

// __tsan_func_exit(thr)
TEXT __tsan_func_exit(SB), NOSPLIT, $0-0
	MOVQ threadState_trace_pos(DI), DX
	LEAQ 16(DX), AX
	CMPQ AX, threadState_trace_end(DI)
	JHI full
	MOVQ $EVENT_EXIT, (DX)
	MOVQ AX, threadState_trace_pos(DI)
	DECQ threadState_depth(DI)
	RET
full:
	LEAQ threadState__size(DI), DX
	MOVQ DX, threadState_trace_pos(DI)
	JMP __tsan_func_exit(SB)

// __tsan_read(thr, addr, pc) and __tsan_write
TEXT __tsan_read(SB), NOSPLIT, $0-0
	MOVL $EVENT_READ, R8
	JMP access<>(SB)

TEXT __tsan_write(SB), NOSPLIT, $0-0
	MOVL $EVENT_WRITE, R8
	JMP access<>(SB)

TEXT __tsan_read_range(SB), NOSPLIT, $0-0
	MOVL $EVENT_READ, R8
	JMP access<>(SB)

TEXT __tsan_write_range(SB), NOSPLIT, $0-0
	MOVL $EVENT_WRITE, R8
	JMP access<>(SB)

// thr->fast_state is what an access looks at first.
TEXT access<>(SB), NOSPLIT, $0-0
	MOVQ threadState_fast_state(DI), R9
	MOVQ threadState_trace_pos(DI), AX
	LEAQ 16(AX), CX
	CMPQ CX, threadState_trace_end(DI)
	JHI full
	MOVQ R8, (AX)
	MOVQ SI, 8(AX)
	MOVQ CX, threadState_trace_pos(DI)
	RET
full:
	LEAQ threadState__size(DI), CX
	MOVQ CX, threadState_trace_pos(DI)
	RET

// __tsan_read_pc(thr, addr, callpc, pc) and __tsan_write_pc: look at the trace first.
TEXT __tsan_read_pc(SB), NOSPLIT, $0-0
	MOVL $EVENT_READ, R8
	MOVQ threadState_trace_pos(DI), AX
	JMP access_pc<>(SB)

TEXT __tsan_write_pc(SB), NOSPLIT, $0-0
	MOVL $EVENT_WRITE, R8
	MOVQ threadState_trace_pos(DI), AX
	JMP access_pc<>(SB)

// Enters the function that the access R8 is said to be in, makes the access there, and leaves it.
TEXT access_pc<>(SB), NOSPLIT, $0-0
	PUSHQ BP
	PUSHQ R13
	PUSHQ R12
	PUSHQ BX
	MOVQ DI, BX
	MOVQ SI, R12
	MOVQ CX, BP
	MOVL R8, R13
	MOVQ DX, SI
	CALL __tsan_func_enter(SB)
	MOVQ BX, DI
	MOVQ R12, SI
	MOVQ BP, DX
	MOVL R13, R8
	CALL access<>(SB)
	MOVQ BX, DI
	CALL __tsan_func_exit(SB)
	POPQ BX
	POPQ R12
	POPQ R13
	POPQ BP
	RET
