// Flags that several verbs share, worded once.
import { parseTarget, type Target } from '../../build/target.ts';
import { UsageError } from '../config.ts';
import type { FlagText } from './verb.ts';

export const clusterFlags: readonly FlagText[] = [
  ['--kubeconfig <FILE>', 'how to reach the API server (default: KUBECONFIG, .revflow, ~/.kube/config, or the pod)'],
  ['--context <NAME>', 'context of the kubeconfig (default: its current one)'],
  ['--state <DIR>', 'the state directory of a local control plane (default: .revflow, where it is there)'],
  ['-n, --namespace <NAME>', "namespace of names without one (default: the context's, or default)"],
];

export const filenameFlag: FlagText = [
  '-f, --filename <FILE...>',
  'files with the Functions, directories of them, or - for what is piped in',
];

export const targetFlag: FlagText = [
  '--target <VERSIONS>',
  'oldest versions that it must run on, such as tekton=0.53,kubernetes=1.30 or shipwright=0.13; what they lack is refused',
];

/** Reads it; none: any version that is known. Throws UsageError. */
export function readTarget(text: unknown): Target {
  if (typeof text !== 'string') return {};
  const parsed = parseTarget(text);
  if ('fault' in parsed) throw new UsageError(`--target ${parsed.fault}`);
  return parsed.ok;
}

export const outputFlag: FlagText = ['-o, --output <FORMAT>', 'table, wide, json or yaml (default: table)'];

export const edgeFlags: readonly FlagText[] = [
  ['--egress-allow <LIST>', 'ask nothing but these hosts, addresses or CIDRs; opens loopback address:port'],
  ['--egress-deny <LIST>', 'hosts, addresses or CIDRs that are never asked'],
  ['--ca-file <FILE>', 'PEM certificates of private authorities'],
  ['--require-credential-hosts', 'refuse Secrets that do not say where they may be sent'],
];
