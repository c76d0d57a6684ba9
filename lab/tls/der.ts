// What a certificate needs of DER (ITU-T X.690): each value as tag, length and content.

export function tagged(tag: number, content: Buffer): Buffer {
  const {length} = content;
  const bytes = length < 128 ? [length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

export const nested = (tag: number, ...parts: readonly Buffer[]): Buffer =>
  tagged(tag, Buffer.concat(parts));

export const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
export const octets = (bytes: Buffer): Buffer => tagged(0x04, bytes);
export const text = (value: string): Buffer => tagged(0x0c, Buffer.from(value));
export const bitString = (bytes: Buffer): Buffer =>
  tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]));

/** `YYYYMMDDHHMMSSZ` up to 2049 without the century (RFC 5280, 4.1.2.5). */
export const time = (at: Date): Buffer =>
  tagged(
    0x17,
    Buffer.from(
      `${at
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(2)}`,
    ),
  );

/** The first two numbers share a byte; each other one has seven bits a byte, the highest first. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  const bytes = others.flatMap((value) => {
    const digits = [value & 127];
    for (let rest = value >> 7; rest > 0; rest >>= 7) {
      digits.unshift((rest & 127) | 128);
    }
    return digits;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}
