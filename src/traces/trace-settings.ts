import type {Problem} from '../model/problem.ts';

export interface TraceSettings {
  readonly protocol: 'http/json' | 'http/protobuf';
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether the standard variables of OpenTelemetry ask for traces. The rest of them (headers, certificates, names of the
 * service, sampling) is read by its SDK.
 */
export function traceSettings(env: Environment): TraceSettings | Problem | undefined {
  const of = (name: string) => env[name]?.trim() || undefined;
  const exporters = of('OTEL_TRACES_EXPORTER')?.split(',');
  const variable = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'].find(of);
  const isOff = of('OTEL_SDK_DISABLED')?.toLowerCase() === 'true';
  const isOtlp = exporters?.some((name) => name.trim() === 'otlp') ?? variable !== undefined;
  if (isOff || !isOtlp) {
    return undefined;
  }
  if (variable !== undefined && !isHttp(of(variable) ?? '')) {
    return endpointInvalid(variable);
  }
  const named =
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'].find(of) ?? '';
  const protocol = of(named) ?? 'http/protobuf';
  if (protocol === 'http/json' || protocol === 'http/protobuf') {
    return {protocol};
  }
  return protocolUnsupported(named, protocol);
}

/** Its address is not printed: it may have a password. */
const endpointInvalid = (variable: string): Problem => ({
  code: 'traces-endpoint-invalid',
  message: `No traces are sent: ${variable} is not an address that begins with http:// or https://.`,
  hint: `Set ${variable} to an address such as http://127.0.0.1:4318, or unset it.`,
});

const protocolUnsupported = (variable: string, protocol: string): Problem => ({
  code: 'traces-protocol-unsupported',
  message: `No traces are sent: ${variable} is ${protocol}, and switcharoo supports only http/protobuf and http/json.`,
  hint: `Set ${variable}=http/protobuf, with the HTTP port of the collector (usually 4318).`,
});

const isHttp = (address: string): boolean => /^https?:\/\//.test(address) && URL.canParse(address);
