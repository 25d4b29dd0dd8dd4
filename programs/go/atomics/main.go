// Command atomics counts, swaps and spins with sync/atomic in every width.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

type config struct{ version int }

func main() {
	var i32 int32
	var u32 uint32
	var i64 int64
	var u64 uint64
	var wg sync.WaitGroup
	for g := 0; g < 10; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 100; i++ {
				atomic.AddInt32(&i32, 1)
				atomic.AddUint32(&u32, ^uint32(0))
				atomic.AddInt64(&i64, 1<<33)
				for {
					old := atomic.LoadUint64(&u64)
					if atomic.CompareAndSwapUint64(&u64, old, old+3) {
						break
					}
				}
			}
		}()
	}
	wg.Wait()
	fmt.Println(i32, u32, i64, u64)
	fmt.Println(atomic.SwapInt32(&i32, -5), atomic.CompareAndSwapInt32(&i32, 1, 2), atomic.LoadInt32(&i32))

	var v atomic.Value
	v.Store(config{1})
	fmt.Println(v.Load().(config).version, v.Swap(config{2}), v.CompareAndSwap(config{2}, config{3}), v.Load())
	var p atomic.Pointer[config]
	fmt.Println(p.Load() == nil, p.CompareAndSwap(nil, &config{9}), p.Load().version)
	var b atomic.Bool
	fmt.Println(b.Swap(true), b.Load())

	// A spin lock made of an atomic; it guards a plain counter.
	var lock uint32
	counter := 0
	for g := 0; g < 4; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 50; i++ {
				for !atomic.CompareAndSwapUint32(&lock, 0, 1) {
					runtime.Gosched()
				}
				counter++
				atomic.StoreUint32(&lock, 0)
			}
		}()
	}
	wg.Wait()
	fmt.Println(counter)
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		v.Store("another type")
	}()
}
