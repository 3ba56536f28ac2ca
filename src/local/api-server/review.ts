// SelfSubjectAccessReview: whoever holds the token may do everything.
import { type Answer, json } from './http/answer.ts';
import type { Call } from './http/call.ts';
import { isJson } from './object.ts';
import { readObject } from './write/body.ts';

/** Answers a review; nothing is stored. */
export function review(call: Call): Answer {
  const { value } = readObject(call, 'SelfSubjectAccessReview');
  const spec = isJson(value['spec']) ? value['spec'] : {};
  const status = { allowed: true, reason: 'the one user of this server may do everything' };
  return json(
    { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status },
    201,
  );
}
