/* MMX as image and sound code of its time used it, and what its registers are to the x87: the same ones. */
#include "lockstep.h"
#include <stdint.h>
#include <stdio.h>

static uint64_t one[64], other[64], result[64];

#define LOAD(mm, from) __asm__ volatile("movq %0, %%" #mm ::"m"(from))
#define STORE(mm, to) __asm__ volatile("movq %%" #mm ", %0" : "=m"(to)::"memory")
#define DO(text) __asm__ volatile(text ::: "memory", "eax", "ecx", "xmm0", "xmm1", "xmm2")

/* Two images by a weight: widened, multiplied, narrowed. */
static void blend(int weight) {
  uint64_t words = 0x0001000100010001UL * (unsigned)weight;
  LOAD(mm7, words);
  DO("pxor %%mm6, %%mm6");
  for (int i = 0; i < 64; i++) {
    LOAD(mm0, one[i]);
    LOAD(mm1, other[i]);
    DO("movq %%mm0, %%mm2\n punpcklbw %%mm6, %%mm0\n punpckhbw %%mm6, %%mm2\n movq %%mm1, %%mm3\n punpcklbw %%mm6, %%mm1\n punpckhbw %%mm6, %%mm3\n"
       "psubw %%mm1, %%mm0\n psubw %%mm3, %%mm2\n pmullw %%mm7, %%mm0\n pmullw %%mm7, %%mm2\n psraw $8, %%mm0\n psraw $8, %%mm2\n"
       "paddw %%mm1, %%mm0\n paddw %%mm3, %%mm2\n packuswb %%mm2, %%mm0");
    STORE(mm0, result[i]);
  }
  DO("emms");
}

/* Sums of differences, products, extremes, and words in another order. */
static uint64_t measure(void) {
  uint64_t sum;
  DO("pxor %%mm5, %%mm5\n pxor %%mm4, %%mm4");
  for (int i = 0; i < 64; i++) {
    LOAD(mm0, one[i]);
    LOAD(mm1, result[63 - i]);
    DO("movq %%mm0, %%mm2\n psadbw %%mm1, %%mm0\n paddq %%mm0, %%mm5\n movq %%mm2, %%mm3\n pmaddwd %%mm1, %%mm2\n paddd %%mm2, %%mm4\n pshufw $0x1b, %%mm3, %%mm3\n"
       "pmulhuw %%mm3, %%mm1\n pmaxub %%mm1, %%mm3\n pavgb %%mm2, %%mm3\n pminsw %%mm4, %%mm3\n phaddw %%mm3, %%mm1\n pshufb %%mm3, %%mm1\n psignw %%mm2, %%mm1\n"
       "pabsw %%mm1, %%mm1\n palignr $3, %%mm3, %%mm1\n pmulhrsw %%mm2, %%mm1\n pmuludq %%mm1, %%mm3\n pxor %%mm3, %%mm5\n"
       "pmovmskb %%mm1, %%eax\n movd %%eax, %%mm0\n pinsrw $2, %%eax, %%mm0\n pextrw $2, %%mm0, %%ecx\n psllq %%mm0, %%mm3\n paddb %%mm3, %%mm5\n"
       "pcmpgtb %%mm3, %%mm1\n pandn %%mm5, %%mm1\n por %%mm1, %%mm4\n movq2dq %%mm4, %%xmm1\n movdq2q %%xmm1, %%mm2\n cvtpi2ps %%mm2, %%xmm0\n"
       "cvtps2pi %%xmm0, %%mm1\n cvtpi2pd %%mm1, %%xmm2\n cvttpd2pi %%xmm2, %%mm3\n paddsb %%mm3, %%mm5");
  }
  STORE(mm5, sum);
  DO("emms");
  return sum;
}

/* Significands of what the x87 has pushed, and an x87 that finds MMX's registers full. */
static int shared(void) {
  static long double values[3] = {1.5L, -3.25L, 1e100L};
  uint64_t top[3];
  uint32_t environment[7];
  __asm__ volatile("fninit\n fldt %0\n fldt %1\n fldt %2" ::"m"(values[0]), "m"(values[1]), "m"(values[2]));
  STORE(mm5, top[0]);
  STORE(mm6, top[1]);
  STORE(mm7, top[2]);
  LOAD(mm1, one[3]);
  __asm__ volatile("fnstenv %0\n fldenv %0" : "+m"(environment));
  __asm__ volatile("fld1\n fnstsw %%ax\n fnclex\n emms\n fld1\n faddp\n fnclex\n fninit" ::: "ax");
  return (int)((top[0] + top[1] + top[2]) >> 56) + (int)(environment[2] & 0xffff);
}

int main(void) {
  uint64_t seed = 88172645463325252UL;
  for (int i = 0; i < 64; i++) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17, one[i] = seed;
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17, other[i] = seed;
  }
  LOCKSTEP_START();
  uint64_t sum = 0;
  for (int weight = 0; weight < 256; weight += 51) {
    blend(weight);
    sum += measure();
  }
  lockstep_end((int)((sum + shared()) % 251));
}
