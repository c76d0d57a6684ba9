import type {LoadBalancer} from '../load-balancer.ts';
import type {RunningTask} from './ecs-state.ts';

export interface LaunchRequest {
  readonly taskArn: string;
  readonly image: string;
  /** The environment of the task definition's container, nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  /** The task's own loopback address. */
  readonly address: string;
  /** The port of its first port mapping. */
  readonly port: number | undefined;
  /** Instead of what the image runs. */
  readonly command?: readonly string[];
  /** Takes each line that its process writes. */
  readonly log: (line: string) => void;
}

export interface TaskOptions {
  readonly launch: (request: LaunchRequest) => Promise<RunningTask>;
  readonly loadBalancer?: LoadBalancer;
  /** Sets the weights of target groups in the rule of the listener. */
  readonly divideTraffic?: (weights: Readonly<Record<string, number>>) => void;
  /** The task's address by its number: `127.X.Y.150` onwards. */
  readonly addressOf: (number: number) => string;
  readonly stopGraceMs: number;
  readonly logs?: {write(group: string, stream: string, line: string): void};
  readonly secretOf: (valueFrom: string) => string | undefined;
  readonly isThere: (image: string) => boolean;
}
