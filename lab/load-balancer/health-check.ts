import {get} from 'node:http';
import type {Target} from './target.ts';

export interface HealthCheckOptions {
  /** The address of the load balancer: checks come from it. */
  readonly address: string;
  readonly healthPath: string;
  readonly healthyThreshold?: number;
  readonly unhealthyThreshold?: number;
}

/** One health check of a target over HTTP. Its state changes after as many equal outcomes as the thresholds say. */
export async function checkHealth(
  target: Target,
  options: HealthCheckOptions,
  signal: AbortSignal,
): Promise<void> {
  if (target.reason === 'Elb.RegistrationInProgress') {
    Object.assign(target, initialChecking);
  }
  const fault = target.failsChecks ? wrongStatus(500) : await probe(target, options, signal);
  if (target.state === 'draining' || signal.aborted) {
    return;
  }
  target.passed = fault ? 0 : target.passed + 1;
  target.failed = fault ? target.failed + 1 : 0;
  if (target.passed >= (options.healthyThreshold ?? 2)) {
    target.state = 'healthy';
    delete target.reason;
    delete target.description;
  } else if (fault && target.failed >= (options.unhealthyThreshold ?? 2)) {
    Object.assign(target, {state: 'unhealthy', ...fault});
  }
}

interface HealthFault {
  readonly reason: string;
  readonly description: string;
}

function probe(
  {address, port}: Target,
  options: HealthCheckOptions,
  signal: AbortSignal,
): Promise<HealthFault | undefined> {
  return new Promise((resolve) => {
    const request = get(
      {
        host: address,
        port,
        path: options.healthPath,
        localAddress: options.address,
        agent: false,
        signal,
        timeout: 1_000,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200 ? undefined : wrongStatus(response.statusCode));
      },
    );
    request.once('timeout', () => {
      resolve({reason: 'Target.Timeout', description: 'Request timed out'});
      request.destroy();
    });
    request.once('error', () =>
      resolve({reason: 'Target.FailedHealthChecks', description: 'Health checks failed'}),
    );
  });
}

const wrongStatus = (status = 0): HealthFault => ({
  reason: 'Target.ResponseCodeMismatch',
  description: `Health checks failed with these codes: [${status}]`,
});

const initialChecking = {
  reason: 'Elb.InitialHealthChecking',
  description: 'Initial health checks in progress',
};
