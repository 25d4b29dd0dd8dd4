// What programs say often, as the compiler would spell it out: the line of a report is that of the word here.

// to = new(T), of so many bytes
#define NEW(size, to) MOVL $size, AX; CALL runtime·mallocgc<ABIInternal>(SB); MOVQ AX, to
// fn(a), fn(a, b)
#define CALL1(fn, a) MOVQ a, AX; CALL fn<ABIInternal>(SB)
#define CALL2(fn, a, b) MOVQ a, AX; MOVQ b, BX; CALL fn<ABIInternal>(SB)
// go func() { ... }(): a closure of the function and one, two or three captured variables, and a goroutine that begins there
#define CLOSURE(size, fn) MOVL $size, AX; CALL runtime·mallocgc<ABIInternal>(SB); LEAQ fn<ABIInternal>(SB), CX; MOVQ CX, (AX)
#define CAPTURE(at, variable) MOVQ variable, CX; MOVQ CX, at(AX)
#define GO(fn, one) CLOSURE(16, fn); CAPTURE(8, one); CALL runtime·newproc<ABIInternal>(SB)
#define GO2(fn, one, two) CLOSURE(24, fn); CAPTURE(8, one); CAPTURE(16, two); CALL runtime·newproc<ABIInternal>(SB)
#define GO3(fn, one, two, three) CLOSURE(32, fn); CAPTURE(8, one); CAPTURE(16, two); CAPTURE(24, three); CALL runtime·newproc<ABIInternal>(SB)
// println(v), and println(text) of so many bytes
#define PRINT(v) MOVQ v, AX; CALL runtime·printint<ABIInternal>(SB); CALL runtime·printnl<ABIInternal>(SB)
#define SAY(text, length) LEAQ text(SB), AX; MOVL $length, BX; CALL runtime·printstring<ABIInternal>(SB); CALL runtime·printnl<ABIInternal>(SB)
#define GOSCHED CALL runtime·Gosched<ABIInternal>(SB)
// Of package sync
#define ADD(wg, n) MOVQ wg, AX; MOVL $n, BX; CALL sync·ᐸWaitGroupᐳ·Add<ABIInternal>(SB)
#define DONE(wg) CALL1(sync·ᐸWaitGroupᐳ·Done, wg)
#define WAIT(wg) CALL1(sync·ᐸWaitGroupᐳ·Wait, wg)
#define LOCK(mu) CALL1(sync·ᐸMutexᐳ·Lock, mu)
#define UNLOCK(mu) CALL1(sync·ᐸMutexᐳ·Unlock, mu)
// Channels of words: to = make(chan int, size), c <- v by way of a slot, slot = <-c, close(c)
#define MAKECHAN(size, to) MOVL $8, AX; MOVL $size, BX; CALL runtime·makechan<ABIInternal>(SB); MOVQ AX, to
#define SEND(c, slot) MOVQ c, AX; LEAQ slot, BX; CALL runtime·chansend1<ABIInternal>(SB)
#define RECEIVE(c, slot) MOVQ c, AX; LEAQ slot, BX; CALL runtime·chanrecv1<ABIInternal>(SB)
#define CLOSE(c) CALL1(runtime·closechan, c)
