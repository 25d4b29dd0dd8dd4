#include "textflag.h"
#include "go.h"

// package main
//
// var counter int
//
// func main() {
// 	var wg sync.WaitGroup
// 	var mu sync.Mutex
// 	wg.Add(2)
// 	for range 2 {
// 		go func() {
// 			defer wg.Done()
// 			for range 100 {
// 				mu.Lock()   // in the mended variant only
// 				counter++
// 				mu.Unlock()
// 			}
// 		}()
// 	}
// 	wg.Wait()
// 	println(counter)
// }

GLOBL main·counter(SB), NOPTR, $8

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	NEW(WaitGroup__size, wg-8(SP))
	NEW(Mutex__size, mu-16(SP))
	ADD(wg-8(SP), 2)
	MOVL $2, n-24(SP)
start:
	GO2(main·main·func1, wg-8(SP), mu-16(SP))
	DECL n-24(SP)
	JNE start
	WAIT(wg-8(SP))
	PRINT(main·counter(SB))
	RET

TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
	MOVQ 16(DX), AX
	MOVQ AX, mu-16(SP)
	MOVL $100, n-24(SP)
again:
#ifdef MENDED
	LOCK(mu-16(SP))
#endif
	INCQ main·counter(SB)
#ifdef MENDED
	UNLOCK(mu-16(SP))
#endif
	DECL n-24(SP)
	JNE again
	DONE(wg-8(SP))
	RET
