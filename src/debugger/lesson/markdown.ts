/** A lesson's prose as it is to be drawn: Markdown's headings, lists, code and emphasis, without their marks. */

export interface ProseSpan {
  readonly text: string;
  readonly style: 'plain' | 'code' | 'stress' | 'heading';
}

export interface ProseLine {
  readonly spans: readonly ProseSpan[];
  /** Cells in front of each further row, where it is wrapped; code is not to be filled. */
  readonly hang: number;
}

const INLINE = /`([^`]+)`|\*\*([^*\n]+)\*\*|\*([^*\s](?:[^*\n]*[^*\s])?)\*/g;

/** A paragraph is one line, to be wrapped by who draws it. */
export function proseBlocks(text: string): readonly ProseLine[] {
  const lines: ProseLine[] = [];
  let code = false;
  let open: string[] = [];
  const flush = (): void => {
    if (open.length > 0) lines.push(paragraph(open.join(' ').trim()));
    open = [];
  };
  for (const line of text.split('\n')) {
    if (/^(?:```|~~~)/.test(line)) {
      flush();
      code = !code;
    } else if (code || /^(?: {4}|\|)/.test(line)) {
      flush();
      lines.push({ spans: [{ text: `  ${line.replace(/^ {4}/, '')}`, style: 'code' }], hang: 4 });
    } else if (line.trim() === '') {
      flush();
      if (lines.at(-1)?.spans.length !== 0) lines.push({ spans: [], hang: 0 });
    } else if (/^#+\s/.test(line)) {
      flush();
      lines.push({ spans: [{ text: line.replace(/^#+\s+/, '').replace(/`/g, ''), style: 'heading' }], hang: 0 });
    } else {
      if (/^\s*(?:[-*]|\d+\.)\s/.test(line)) flush();
      open.push(open.length === 0 ? line.trimEnd() : line.trim());
    }
  }
  flush();
  return lines;
}

function paragraph(text: string): ProseLine {
  const item = /^(?:[-*]|\d+\.)\s+/.exec(text)?.[0];
  const spans: ProseSpan[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) spans.push({ text: text.slice(at, match.index), style: 'plain' });
    const [whole, code, strong, stressed] = match;
    spans.push(code !== undefined ? { text: code, style: 'code' } : { text: (strong ?? stressed)!, style: 'stress' });
    at = match.index + whole.length;
  }
  spans.push({ text: text.slice(at), style: 'plain' });
  return { spans: spans.filter(each => each.text !== ''), hang: item?.length ?? 0 };
}
