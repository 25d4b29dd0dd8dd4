// Command floats prints what the floating-point unit and package math compute, to the last bit.
package main

import (
	"fmt"
	"math"
	"math/cmplx"
	"strconv"
)

func bits(name string, x float64) {
	fmt.Printf("%-10s %016x %v %.3e %g\n", name, math.Float64bits(x), x, x, float32(x))
}

func main() {
	values := []float64{0, 1, -1, 0.1, 1e100, 1e-300, 5e-324, math.MaxFloat64, math.Pi, -2.5, 3.5, math.Inf(1), math.Inf(-1), 1 << 53, 123456789.125}
	for _, x := range values {
		fmt.Println(x, float32(x), math.Floor(x), math.Ceil(x), math.Trunc(x), math.Round(x), math.RoundToEven(x), math.Abs(x))
	}
	for _, x := range []float64{0.25, 1, 2, 10, 1234.5} {
		bits("sqrt", math.Sqrt(x))
		bits("exp", math.Exp(x/10))
		bits("log", math.Log(x))
		bits("log2", math.Log2(x))
		bits("sin", math.Sin(x))
		bits("cos", math.Cos(x))
		bits("tan", math.Tan(x))
		bits("atan2", math.Atan2(x, 3))
		bits("pow", math.Pow(x, 1.5))
		bits("cbrt", math.Cbrt(x))
		bits("hypot", math.Hypot(x, 4))
		bits("fma", math.FMA(x, x, -1))
		bits("mod", math.Mod(x, 0.3))
		bits("gamma", math.Gamma(x/100))
		bits("erf", math.Erf(x/10))
	}
	nan := math.NaN()
	fmt.Println(nan == nan, nan < 1, math.IsNaN(nan-nan), math.Signbit(math.Copysign(0, -1)), math.Max(nan, 1), math.Min(-0.0, 0))
	for _, x := range []float64{-1.9, 1.9, 2147483648.5, 9007199254740993} {
		fmt.Println(int(x), int32(int64(x)), uint64(math.Abs(x)), uint8(int(x)))
	}
	for _, i := range []uint64{0, 1, 1 << 52, 1<<63 - 1, 1 << 63, math.MaxUint64} {
		fmt.Println(float64(i), float32(i), float64(int64(i)))
	}
	for _, s := range []string{"1e23", "0.1", "1.7976931348623157e308", "4.9e-324", "123456789012345678901234567890", "0x1.8p1", "nope"} {
		f, err := strconv.ParseFloat(s, 64)
		fmt.Println(f, err, strconv.FormatFloat(f, 'f', 5, 64), strconv.FormatFloat(f, 'x', -1, 64))
	}
	z := complex(3, -4)
	fmt.Println(z*z, z/complex(1, 1), cmplx.Abs(z), cmplx.Exp(z), cmplx.Sqrt(z))
	sum, compensation := 0.0, 0.0
	var sum32 float32
	for i := 1; i <= 10000; i++ {
		y := 1/float64(i) - compensation
		t := sum + y
		compensation = (t - sum) - y
		sum = t
		sum32 += 1 / float32(i)
	}
	bits("harmonic", sum)
	fmt.Println(sum32, math.Float32bits(sum32))
	frac, exp := math.Frexp(1234.5)
	whole, part := math.Modf(-3.25)
	fmt.Println(frac, exp, math.Ldexp(frac, exp), whole, part, math.Nextafter(1, 2))
}
