import type {Socket} from 'node:net';

export interface MeasuredValue {
  readonly at: Date;
  readonly value: number;
}

type Metric =
  | 'RequestCount'
  | 'TargetResponseTime'
  | 'HTTPCode_Target_5XX_Count'
  | 'HTTPCode_ELB_5XX_Count'
  | 'HTTP_Fixed_Response_Count';

/** A lab that is kept up for days does not remember every request. */
const keptValues = 100_000;

/** What is measured of a load balancer, under the names of CloudWatch for an Application Load Balancer. */
export class BalancerMetrics {
  readonly #values = new Map<string, MeasuredValue[]>();

  add(metric: Metric, value = 1): void {
    const values = this.#values.get(metric) ?? [];
    values.push({at: new Date(), value});
    this.#values.set(metric, values.length > 2 * keptValues ? values.slice(-keptValues) : values);
  }

  /** Oldest first. */
  valuesOf(metric: string): readonly MeasuredValue[] {
    return this.#values.get(metric) ?? [];
  }
}

const requestHead = /^[A-Z]+ \S+ HTTP\/1\.[01]\r\n/;
const answerHead = /^HTTP\/1\.[01] (\d{3})/;
const headBytes = 2_048;

/** Counts and times the requests of a connection that was passed on to a target. */
export function measureRequests(client: Socket, upstream: Socket, metrics: BalancerMetrics): void {
  let sinceMs: number | undefined;
  client.on('data', (chunk: Buffer) => {
    if (requestHead.test(chunk.toString('latin1', 0, headBytes))) {
      sinceMs = performance.now();
      metrics.add('RequestCount');
    }
  });
  upstream.on('data', (chunk: Buffer) => {
    const [, status] = answerHead.exec(chunk.toString('latin1', 0, headBytes)) ?? [];
    if (status === undefined || sinceMs === undefined) {
      return;
    }
    metrics.add('TargetResponseTime', (performance.now() - sinceMs) / 1_000);
    sinceMs = undefined;
    if (Number(status) >= 500) {
      metrics.add('HTTPCode_Target_5XX_Count');
    }
  });
}
