/** Where a reversal ends: a checkpoint, or the start of the run. */
export const placeText = (to: string | null): string => to ?? 'the start';
