/**
 * A name as Route 53 stores it: fully qualified, lower case, all but `a-z 0-9 - _` in octal
 * (developer guide, "DNS domain name format"). An escaped dot stays inside its label.
 */
export function storedName(given: string): string {
  const qualified = given.endsWith('.') && !given.endsWith('\\.') ? given : `${given}.`;
  const parts = qualified.match(/\\[0-3][0-7]{2}|./gsu) ?? [];
  return parts.map(storedPart).join('');
}

/**
 * Compares two names as listings order them: labels reversed, in ASCII, the dots between them
 * included, so that `a-b` is listed before `a.b` (API reference, ListResourceRecordSets).
 */
export function compareNames(first: string, second: string): number {
  const [left, right] = [reversed(first), reversed(second)];
  return left < right ? -1 : left > right ? 1 : 0;
}

export const isWithin = (name: string, zoneName: string): boolean =>
  name === zoneName || name.endsWith(`.${zoneName}`);

function storedPart(part: string): string {
  const bytes = part.length === 4 ? [Number.parseInt(part.slice(1), 8)] : [...Buffer.from(part)];
  return part === '.' ? part : bytes.map(storedByte).join('');
}

function storedByte(byte: number): string {
  const letter = String.fromCharCode(byte).toLowerCase();
  return /[a-z0-9_-]/.test(letter) ? letter : `\\${byte.toString(8).padStart(3, '0')}`;
}

const reversed = (name: string): string => `${name.split('.').slice(0, -1).reverse().join('.')}.`;
