import { Decoder, DecoderError, DecoderOptions, Code as IcedCode, Instruction } from 'iced-x86';
import type { Form } from '../lift/form.js';
import { knownForms, newForm } from '../lift/forms.js';

/** The form of the instruction at an index of the code; undefined when its bytes go on behind the code. */
export function formAt(code: Uint8Array, at: number): Form | undefined {
  const found = knownForms().find(code, at);
  if (found !== undefined) return at + found.length <= code.length ? found : undefined;
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const ins = new Instruction();
  try {
    decoder.position = at;
    decoder.decodeOut(ins);
    const cut = ins.code === IcedCode.INVALID && decoder.lastError === DecoderError.NoMoreBytes;
    return cut ? undefined : newForm(ins, decoder, code, at);
  } finally {
    ins.free();
    decoder.free();
  }
}
