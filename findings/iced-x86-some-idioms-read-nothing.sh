#!/usr/bin/env bash
# xor eax,eax does not depend on eax. One would expect a table of operand accesses to say "read and write" of it as of any xor, or to know the
# idioms that processors know. iced-x86 knows some: xor, sub, pxor, xorps of a register with itself only write. pcmpeqd xmm0,xmm0 (all ones)
# and sbb rax,rax (the carry alone) are told as reading it. One who follows a value back through usedRegisters()
# stops at the first kind and goes on through the second, into a value that had no part in it.
# Seen with iced-x86 1.21.0. Needs node and npm.
set -eu
command -v node >/dev/null && command -v npm >/dev/null || { echo 'skip: node or npm is missing'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() { echo "changed: $*" >&2; exit 1; }
cd "$tmp"
echo '{ "type": "module" }' >package.json
npm install --prefix "$tmp" --no-audit --no-fund --ignore-scripts --silent iced-x86@1.21.0
cat >look.js <<'END'
import assert from 'node:assert/strict';
import { Decoder, DecoderOptions, InstructionInfoFactory, OpAccess } from 'iced-x86';

const factory = new InstructionInfoFactory();
function reads(bytes) {
  const info = factory.info(new Decoder(64, Buffer.from(bytes, 'hex'), DecoderOptions.None).decode());
  return info.usedRegisters().some(({ access }) => access === OpAccess.Read || access === OpAccess.ReadWrite);
}
for (const [text, bytes] of Object.entries({ xor: '31c0', sub: '29c0', pxor: '660fefc0', xorps: '0f57c0', vpxor: 'c5f9efc0' })) {
  assert.equal(reads(bytes), false, `${text} of a register with itself`);
}
for (const [text, bytes] of Object.entries({ pcmpeqd: '660f76c0', sbb: '4819c0' })) {
  assert.equal(reads(bytes), true, `${text} of a register with itself`);
}
END
node look.js || fail 'iced-x86'
echo 'ok: iced-x86 says that xor, sub, pxor, xorps of a register with itself read nothing, and that pcmpeqd and sbb read it'
