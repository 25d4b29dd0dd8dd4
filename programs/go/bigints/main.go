// Command bigints computes with package math/big and with 128-bit products.
package main

import (
	"fmt"
	"math/big"
	"math/bits"
)

func main() {
	f := big.NewInt(1)
	for i := int64(2); i <= 200; i++ {
		f.Mul(f, big.NewInt(i))
	}
	fmt.Println("200! =", f)
	fmt.Println("bits", f.BitLen(), "zeros", f.TrailingZeroBits())

	a, b := big.NewInt(0), big.NewInt(1)
	for i := 0; i < 1000; i++ {
		a.Add(a, b)
		a, b = b, a
	}
	fmt.Println("fib(1000) =", a)

	m := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 521), big.NewInt(1))
	fmt.Println("2^521-1 prime:", m.ProbablyPrime(5))
	fmt.Printf("power %x\n", new(big.Int).Exp(big.NewInt(3), new(big.Int).Rsh(m, 260), m))
	fmt.Println("gcd", new(big.Int).GCD(nil, nil, new(big.Int).Rsh(f, 100), a))
	q, r := new(big.Int).QuoRem(f, a, new(big.Int))
	back := new(big.Int).Add(new(big.Int).Mul(q, a), r)
	fmt.Println("division", back.Cmp(f), r)
	fmt.Println("sqrt", new(big.Int).Sqrt(f))
	parsed, ok := new(big.Int).SetString("-deadbeefcafebabe0123456789", 16)
	fmt.Println(parsed, ok, new(big.Int).Neg(parsed).Text(36))
	fmt.Println("inverse", new(big.Int).ModInverse(big.NewInt(17), big.NewInt(3120)))

	x := big.NewRat(1, 3)
	for i := int64(1); i < 12; i++ {
		x.Add(x, big.NewRat(1, i*i))
	}
	fmt.Println(x, x.FloatString(40))
	two := new(big.Float).SetPrec(300).SetInt64(2)
	fmt.Println(new(big.Float).Sqrt(two).Text('f', 80))

	hi, lo := bits.Mul64(0xfedcba9876543210, 0x123456789abcdef0)
	quo, rem := bits.Div64(1, 2, 3)
	sum, carry := bits.Add64(1<<63, 1<<63, 1)
	dif, borrow := bits.Sub64(0, 1, 0)
	fmt.Printf("%x %x %x %x %x %x %x %x\n", hi, lo, quo, rem, sum, carry, dif, borrow)
	for _, v := range []uint64{0, 1, 0x8000, 0xf0f0f0f0f0f0f0f0, 1 << 63} {
		fmt.Println(bits.LeadingZeros64(v), bits.TrailingZeros64(v), bits.OnesCount64(v), bits.Reverse64(v), bits.ReverseBytes64(v), bits.RotateLeft64(v, 13), bits.Len32(uint32(v)))
	}
	for _, v := range []int64{7, -7, 1 << 62, -1 << 63} {
		for _, d := range []int64{2, -3, 10, 1000003} {
			fmt.Print(v/d, " ", v%d, " ", int32(v)/int32(d), " ", int8(v)*int8(d), "; ")
		}
		fmt.Println(v>>3, uint64(v)>>3, v<<1, ^v, v&^5)
	}
}
