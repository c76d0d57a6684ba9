/** Puts colour around a text, or not. Colour only ever repeats what a symbol and a word already say. */
export interface Paint {
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}
export type Colour = keyof Paint;

const asIs = (text: string): string => text;

/** No escape codes at all. */
export const plainPaint: Paint = {
  red: asIs,
  green: asIs,
  yellow: asIs,
  cyan: asIs,
  dim: asIs,
  bold: asIs,
};

const between = (on: number, off: number) => (text: string) =>
  text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;

/** The terminal's own 16 colours, so that they fit its theme. */
export const ansiPaint: Paint = {
  red: between(31, 39),
  green: between(32, 39),
  yellow: between(33, 39),
  cyan: between(36, 39),
  dim: between(2, 22),
  bold: between(1, 22),
};
