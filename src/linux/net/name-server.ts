/** The name server of a machine that is alone: no name of DNS exists (RFC 1035, 4.1). */

const HEADER = 12;
/** QR, and RA in the second byte; the code of a name that does not exist. */
const RESPONSE = 0x80;
const RECURSION_AVAILABLE = 0x80;
const NAME_ERROR = 3;
const RECURSION_DESIRED = 1;

/** Where it is asked (RFC 1035, 4.2.1). */
export const NAME_SERVER_PORT = 53;

/** The answer to a query: that there is no such name; undefined: it is no query. */
export function nameServerAnswer(query: Uint8Array): Uint8Array | undefined {
  if (query.length < HEADER || (query[2]! & RESPONSE) !== 0 || query[4] !== 0 || query[5] !== 1) return undefined;
  let at = HEADER;
  while (at < query.length && query[at] !== 0) at += query[at]! + 1;
  const end = at + 5;
  if (end > query.length) return undefined;
  const answer = query.slice(0, end);
  answer[2] = RESPONSE | (query[2]! & RECURSION_DESIRED);
  answer[3] = RECURSION_AVAILABLE | NAME_ERROR;
  // One question, and nothing else.
  answer.fill(0, 6, HEADER);
  return answer;
}
