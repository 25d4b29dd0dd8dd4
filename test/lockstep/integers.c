/* Integer arithmetic of every width: division by variables and constants, 128-bit products and quotients, rotates, bit scans, carries. */
#include "lockstep.h"
#include <stdint.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;

static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static uint64_t gcd(uint64_t a, uint64_t b) {
  while (b) {
    uint64_t t = a % b;
    a = b;
    b = t;
  }
  return a;
}

static uint64_t power_modulo(uint64_t base, uint64_t exponent, uint64_t modulus) {
  unsigned __int128 result = 1, square = base;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1) result = result * square % modulus;
    square = square * square % modulus;
  }
  return result;
}

static uint32_t crc32(const uint8_t *bytes, int length) {
  uint32_t crc = ~0u;
  while (length--) {
    crc ^= *bytes++;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

int main(void) {
  LOCKSTEP_START();
  uint64_t sum = 0;
  for (int i = 0; i < 200; i++) {
    uint64_t a = next(), b = next() >> (i & 63) | 1;
    int64_t s = (int64_t)a, t = (int64_t)b | 3;
    sum += a / b + a % b;
    sum ^= (uint64_t)(s / t) - (uint64_t)(s % t);
    sum += (uint32_t)a / ((uint32_t)b | 1) + (uint16_t)a / ((uint16_t)b | 1) + (uint8_t)a % ((uint8_t)b | 1);
    sum += (uint64_t)((int32_t)s / 7 + (int16_t)s / -3 + (int8_t)s % 10) + a / 1000000007u;
    sum = sum << (i & 63) | sum >> (-i & 63);
    sum += (uint64_t)__builtin_popcountll(a) + (uint64_t)__builtin_clzll(b) + (uint64_t)__builtin_ctzll(b) + (uint64_t)__builtin_parityll(a);
    sum ^= __builtin_bswap64(a) + __builtin_bswap32((uint32_t)b);
    unsigned __int128 wide = (unsigned __int128)a * b + sum;
    sum += (uint64_t)(wide >> 64) ^ (uint64_t)(wide / (b | 0x8000000000000001u));
    int64_t checked;
    if (__builtin_add_overflow(s, t, &checked)) sum++;
    if (__builtin_mul_overflow(s >> 20, t, &checked)) sum--;
    sum ^= (uint64_t)checked;
    sum += llabs(s) + gcd(a >> 40, b >> (i & 31)) + (a > b ? a - b : b - a);
  }
  for (int i = 0; i < 8; i++) sum += power_modulo(next(), next() & 0xffffff, next() | 1);
  uint8_t bytes[64];
  for (int i = 0; i < 64; i++) bytes[i] = (uint8_t)next();
  sum += crc32(bytes, sizeof bytes);
  lockstep_end((int)(sum % 251));
}
