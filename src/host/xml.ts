const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' };
const entity = (special: string): string => ENTITIES[special]!;

/** A text as it stands in XML between tags. */
export const xmlText = (text: string): string => text.replace(/[<>&]/g, entity);

/** The same in double quotes. */
export const xmlAttribute = (text: string): string => text.replace(/[<>&"]/g, entity);
