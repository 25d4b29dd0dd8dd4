/** Exact IEEE 754 arithmetic in the formats and with the exceptions of x86: what WebAssembly's floats cannot say. */
export { add, div, mul, sqrt, sub } from './arith.js';
export { type Circle, circular } from './circular.js';
export { compare, comparePredicate, max, min, type Ordering } from './compare.js';
export { convertFloat, fromInt, roundToInt, toInt, widen } from './convert.js';
export { EXCEPTION_FLAG, FloatEnv, PRE_COMPUTATION, ROUND } from './env.js';
export { fma, type Signs } from './fma.js';
export { F16, F32, F64, type FloatClass, type FloatFormat, unpack, X80 } from './format.js';
export { roundPack } from './round.js';
export { arcTangent, exp2m1, yLog2, yLog2Plus1 } from './transcendental.js';
export { examineX87, extract, fromDecimal, type Remainder, remainder, scale, toDecimal } from './x87.js';
