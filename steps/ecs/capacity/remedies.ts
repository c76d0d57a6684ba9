import type {Limits} from './instances.ts';

export const askForFewer = 'ask for fewer tasks';

export const lowerMinimum = ({desired}: Limits): string =>
  `lower minimumHealthyPercent to ${Math.floor(((desired - 1) / desired) * 100)} or less (one task may then stop first)`;

export const raiseMaximum = ({desired}: Limits): string =>
  `raise maximumPercent to ${Math.ceil(((desired + 1) / desired) * 100)} or more`;

/** A hint that offers each of the remedies. */
export function hintOf(remedies: readonly string[]): string {
  const sentence = remedies.join('; or ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}
