import type {ScalableTarget, ScalingReader, ScalingWriter, Suspended} from '../contract.ts';

/** The calls to Application Auto Scaling. */
export interface ScalingCalls {
  describe(signal: AbortSignal): Promise<ScalableTarget | undefined>;
  register(suspended: Suspended, signal: AbortSignal): Promise<void>;
}

export function openScaling(calls: ScalingCalls): {
  readonly reader: ScalingReader;
  readonly writer: ScalingWriter;
} {
  const reader: ScalingReader = {scaling: (signal) => calls.describe(signal)};
  return {
    reader,
    writer: {
      ...reader,
      async suspend(suspended, signal) {
        signal.throwIfAborted();
        await calls.register(suspended, signal);
      },
    },
  };
}
