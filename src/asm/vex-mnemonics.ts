/**
 * Go's mnemonics of AVX, AVX2, FMA3, F16C, BMI1 and BMI2: Intel's names, operands the other way round, with the operand's size behind those of
 * general registers and behind conversions whose operand in memory does not tell it.
 */
import { Code, Mnemonic as M } from 'iced-x86';
import type { AddMnemonic } from './mnemonic-form.js';

const words = (text: string): string[] => text.trim().split(/\s+/);
const intel = (name: string): M => {
  const mnemonic = M[(name[0]! + name.slice(1).toLowerCase()) as keyof typeof M];
  if (mnemonic === undefined) throw new Error(`iced-x86 has no mnemonic ${name}`);
  return mnemonic;
};

/** By how many operands there are; those that have one of another kind stand apart. */
const VECTORS: readonly (readonly [counts: readonly number[], names: readonly string[]])[] = [
  [
    [2],
    words(`VMOVUPS VMOVUPD VMOVSLDUP VMOVDDUP VMOVSHDUP VMOVAPS VMOVAPD VMOVNTPS VMOVNTPD VUCOMISS VUCOMISD VCOMISS VCOMISD
    VSQRTPS VSQRTPD VRSQRTPS VRCPPS VCVTPS2PD VCVTDQ2PS VCVTPS2DQ VCVTTPS2DQ VMOVDQA VMOVDQU VCVTDQ2PD VMOVNTDQ VLDDQU
    VTESTPS VTESTPD VCVTPH2PS VPTEST VBROADCASTSS VBROADCASTSD VBROADCASTF128 VPABSB VPABSW VPABSD VPMOVSXBW VPMOVSXBD
    VPMOVSXBQ VPMOVSXWD VPMOVSXWQ VPMOVSXDQ VMOVNTDQA VPMOVZXBW VPMOVZXBD VPMOVZXBQ VPMOVZXWD VPMOVZXWQ VPMOVZXDQ
    VPHMINPOSUW VPBROADCASTD VPBROADCASTQ VBROADCASTI128 VPBROADCASTB VPBROADCASTW VAESIMC`),
  ],
  [[2, 3], words('VMOVSS VMOVSD VMOVLPS VMOVLPD VMOVHPS VMOVHPD')],
  [
    [3],
    words(`VMOVHLPS VUNPCKLPS VUNPCKLPD VUNPCKHPS VUNPCKHPD VMOVLHPS VSQRTSS VSQRTSD VRSQRTSS VRCPSS VANDPS VANDPD VANDNPS VANDNPD
    VORPS VORPD VXORPS VXORPD VADDPS VADDPD VADDSS VADDSD VMULPS VMULPD VMULSS VMULSD VCVTSS2SD VCVTSD2SS VSUBPS VSUBPD
    VSUBSS VSUBSD VMINPS VMINPD VMINSS VMINSD VDIVPS VDIVPD VDIVSS VDIVSD VMAXPS VMAXPD VMAXSS VMAXSD VPUNPCKLBW VPUNPCKLWD
    VPUNPCKLDQ VPACKSSWB VPCMPGTB VPCMPGTW VPCMPGTD VPACKUSWB VPUNPCKHBW VPUNPCKHWD VPUNPCKHDQ VPACKSSDW VPUNPCKLQDQ
    VPUNPCKHQDQ VPCMPEQB VPCMPEQW VPCMPEQD VHADDPD VHADDPS VHSUBPD VHSUBPS VADDSUBPD VADDSUBPS VPADDQ VPMULLW VPSUBUSB
    VPSUBUSW VPMINUB VPAND VPADDUSB VPADDUSW VPMAXUB VPANDN VPAVGB VPAVGW VPMULHUW VPMULHW VPSUBSB VPSUBSW VPMINSW VPOR
    VPADDSB VPADDSW VPMAXSW VPXOR VPMULUDQ VPMADDWD VPSADBW VPSUBB VPSUBW VPSUBD VPSUBQ VPADDB VPADDW VPADDD VPSHUFB
    VPHADDW VPHADDD VPHADDSW VPMADDUBSW VPHSUBW VPHSUBD VPHSUBSW VPSIGNB VPSIGNW VPSIGND VPMULHRSW VPERMPS VPMULDQ VPCMPEQQ
    VPACKUSDW VMASKMOVPS VMASKMOVPD VPERMD VPCMPGTQ VPMINSB VPMINSD VPMINUW VPMINUD VPMAXSB VPMAXSD VPMAXUW VPMAXUD VPMULLD
    VPSRLVD VPSRLVQ VPSRAVD VPSLLVD VPSLLVQ VPMASKMOVD VPMASKMOVQ VFMADDSUB132PS VFMADDSUB132PD VFMSUBADD132PS
    VFMSUBADD132PD VFMADD132PS VFMADD132PD VFMADD132SS VFMADD132SD VFMSUB132PS VFMSUB132PD VFMSUB132SS VFMSUB132SD
    VFNMADD132PS VFNMADD132PD VFNMADD132SS VFNMADD132SD VFNMSUB132PS VFNMSUB132PD VFNMSUB132SS VFNMSUB132SD VFMADDSUB213PS
    VFMADDSUB213PD VFMSUBADD213PS VFMSUBADD213PD VFMADD213PS VFMADD213PD VFMADD213SS VFMADD213SD VFMSUB213PS VFMSUB213PD
    VFMSUB213SS VFMSUB213SD VFNMADD213PS VFNMADD213PD VFNMADD213SS VFNMADD213SD VFNMSUB213PS VFNMSUB213PD VFNMSUB213SS
    VFNMSUB213SD VFMADDSUB231PS VFMADDSUB231PD VFMSUBADD231PS VFMSUBADD231PD VFMADD231PS VFMADD231PD VFMADD231SS
    VFMADD231SD VFMSUB231PS VFMSUB231PD VFMSUB231SS VFMSUB231SD VFNMADD231PS VFNMADD231PD VFNMADD231SS VFNMADD231SD
    VFNMSUB231PS VFNMSUB231PD VFNMSUB231SS VFNMSUB231SD VAESENC VAESENCLAST VAESDEC VAESDECLAST VPGATHERDD VPGATHERDQ
    VPGATHERQD VPGATHERQQ VGATHERDPS VGATHERDPD VGATHERQPS VGATHERQPD`),
  ],
  [[4], words('VBLENDVPS VBLENDVPD VPBLENDVB')],
];
/** The last of Intel's operands is a constant. */
const WITH_CONSTANT: readonly (readonly [count: number, names: readonly string[]])[] = [
  [
    3,
    words(`VPSHUFD VPSHUFHW VPSHUFLW VPSRLDQ VPSLLDQ VPERMQ VPERMPD VROUNDPS VROUNDPD VEXTRACTF128 VCVTPS2PH VEXTRACTI128
    VPCMPESTRM VPCMPESTRI VPCMPISTRM VPCMPISTRI VAESKEYGENASSIST`),
  ],
  [
    4,
    words(`VCMPPS VCMPPD VCMPSS VCMPSD VSHUFPS VSHUFPD VPBLENDD VPERM2F128 VROUNDSS VROUNDSD VBLENDPS VBLENDPD VPBLENDW VPALIGNR
    VINSERTF128 VINSERTPS VINSERTI128 VDPPS VDPPD VMPSADBW VPCLMULQDQ VPERM2I128`),
  ],
];
const SHIFTS = words('VPSRLW VPSRAW VPSLLW VPSRLD VPSRAD VPSLLD VPSRLQ VPSLLQ');
const PERMUTATIONS = words('VPERMILPS VPERMILPD');
const GENERAL = words('ANDN BZHI PEXT PDEP MULX BEXTR SHLX SARX SHRX');
/** Of four operands, and of three: what Go takes, found by trying. */
const UNSIGNED = [0n, 255n] as const;
const EITHER = [-128n, 255n] as const;

export function addVexMnemonics(add: AddMnemonic): void {
  const vectors = (count: number): readonly number[] => Array.from({ length: count }, () => 0);
  for (const [counts, names] of VECTORS) for (const name of names) for (const count of counts) add(name, intel(name), vectors(count));
  for (const [count, names] of WITH_CONSTANT)
    for (const name of names) add(name, intel(name), [...vectors(count - 1), 8], { range: count === 3 ? EITHER : UNSIGNED });
  for (const name of [...SHIFTS, ...PERMUTATIONS]) {
    add(name, intel(name), [0, 0, 0]);
    add(name, intel(name), [0, 0, 8], { range: EITHER });
  }
  for (const name of ['VZEROUPPER', 'VZEROALL']) add(name, intel(name), []);
  for (const name of ['VLDMXCSR', 'VSTMXCSR']) add(name, intel(name), [0]);
  add('VMASKMOVDQU', M.Vmaskmovdqu, [0, 0]);
  for (const name of ['VMOVMSKPS', 'VMOVMSKPD', 'VPMOVMSKB']) add(name, intel(name), [32, 0]);
  add('VMOVD', M.Vmovd, [32, 0]);
  add('VMOVD', M.Vmovd, [0, 32]);
  // Of memory the forms of general registers come first.
  add('VMOVQ', M.Vmovq, [64, 0], { only: Code.VEX_Vmovq_rm64_xmm });
  add('VMOVQ', M.Vmovq, [0, 64], { only: Code.VEX_Vmovq_xmm_rm64 });
  add('VMOVQ', M.Vmovq, [0, 0]);
  for (const [name, w] of [
    ['VPEXTRB', 8],
    ['VPEXTRW', 16],
    ['VPEXTRD', 32],
    ['VPEXTRQ', 64],
    ['VEXTRACTPS', 32],
  ] as const) {
    add(name, intel(name), [w, 0, 8], { range: EITHER });
    if (w < 32) add(name, intel(name), [32, 0, 8], { range: EITHER, ...(w === 16 ? { only: Code.VEX_Vpextrw_r32m16_xmm_imm8 } : {}) });
  }
  for (const [name, w] of [
    ['VPINSRB', 8],
    ['VPINSRW', 16],
    ['VPINSRD', 32],
    ['VPINSRQ', 64],
  ] as const) {
    add(name, intel(name), [0, 0, w, 8], { range: UNSIGNED });
    if (w < 32) add(name, intel(name), [0, 0, 32, 8], { range: UNSIGNED });
  }
  for (const kind of ['SS', 'SD']) {
    for (const name of [`VCVT${kind}2SI`, `VCVTT${kind}2SI`]) {
      add(name, intel(name), [32, 0]);
      add(`${name}Q`, intel(name), [64, 0]);
    }
    add(`VCVTSI2${kind}L`, intel(`VCVTSI2${kind}`), [0, 0, 32]);
    add(`VCVTSI2${kind}Q`, intel(`VCVTSI2${kind}`), [0, 0, 64]);
  }
  for (const [name, xmm, ymm] of [
    ['VCVTPD2PS', Code.VEX_Vcvtpd2ps_xmm_xmmm128, Code.VEX_Vcvtpd2ps_xmm_ymmm256],
    ['VCVTPD2DQ', Code.VEX_Vcvtpd2dq_xmm_xmmm128, Code.VEX_Vcvtpd2dq_xmm_ymmm256],
    ['VCVTTPD2DQ', Code.VEX_Vcvttpd2dq_xmm_xmmm128, Code.VEX_Vcvttpd2dq_xmm_ymmm256],
  ] as const) {
    add(`${name}X`, intel(name), [0, 0], { only: xmm });
    add(`${name}Y`, intel(name), [0, 0], { only: ymm });
  }
  for (const [suffix, w] of [
    ['L', 32],
    ['Q', 64],
  ] as const) {
    for (const name of GENERAL) add(name + suffix, intel(name), [w, w, w]);
    for (const name of ['BLSR', 'BLSMSK', 'BLSI']) add(name + suffix, intel(name), [w, w]);
    add(`RORX${suffix}`, M.Rorx, [w, w, 8], { range: EITHER });
    for (const name of ['ADCX', 'ADOX']) add(name + suffix, intel(name), [w, w]);
  }
}
