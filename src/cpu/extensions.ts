/** Extensions of the instruction set that r14's processor has not, by the names that their makers give them. */
import { CpuidFeature, type Instruction } from 'iced-x86';

/** The start of iced's name of a feature, and the extension. The first that fits counts. */
const NAMES: readonly (readonly [feature: string, name: string])[] = [
  ['AVX512', 'AVX-512'],
  ['AVX_', 'AVX-'],
  ['AMX_', 'AMX'],
  ['D3NOW', '3DNow!'],
  ['SSE4A', 'SSE4a'],
  ['CYRIX', 'EMMI'],
  ['PADLOCK', 'PadLock'],
  ['KNC', 'Knights Corner'],
  ['RTM', 'TSX'],
  ['HLE', 'TSX'],
  ['TSXLDTRK', 'TSX'],
  ['CET', 'CET'],
  ['SGX', 'SGX'],
  ['OSS', 'SGX'],
  ['VMX', 'VMX'],
  ['SKINIT', 'SVM'],
  ['SEV', 'SEV'],
  ['RMPQUERY', 'SEV'],
  ['AESKLE', 'Key Locker'],
  ['KL', 'Key Locker'],
  ['WIDE_KL', 'Key Locker'],
];
/** What came with the processor itself. */
const BASIC = /^(?:INTEL|X64$|FPU|MMX$|SSE|AVX2?$|X?SAVE$|SEP$)/;

/** Iced's names of what a processor needs for an instruction. */
export const featuresOf = (instruction: Instruction): readonly string[] =>
  Array.from(instruction.cpuidFeatures(), feature => CpuidFeature[feature]!);

/** The extension that an instruction is of, as `AVX-512`; undefined: of none that has a name of its own. */
export function extensionOf(instruction: Instruction): string | undefined {
  const features = featuresOf(instruction);
  const own =
    features.find(feature => feature.startsWith('AVX512')) ?? features.find(feature => feature === 'SSE4A' || !BASIC.test(feature));
  if (own === undefined) return undefined;
  const known = NAMES.find(([start]) => own.startsWith(start));
  if (known === undefined) return own.replaceAll('_', '-');
  return known[1].endsWith('-') ? own.replaceAll('_', '-') : known[1];
}
