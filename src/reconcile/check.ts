// Whether an object can be worked on as a Function: its types, what types cannot say, and the annotations that steer its builds.
import { readAnnotations } from '../function/annotations.ts';
import { type FunctionObject, type Parsed, parseFunction } from '../function/schema.ts';
import { validateFunction } from '../function/validation.ts';
import type { KubeObject } from '../platform/kube/kube.ts';

/** The Function, or everything that is wrong with it. */
export function checkFunction(object: KubeObject): Parsed<FunctionObject> {
  const parsed = parseFunction(object);
  if ('problems' in parsed) return parsed;
  const { problems: misread } = readAnnotations(parsed.ok.metadata.annotations);
  const problems = [...misread, ...validateFunction(parsed.ok)];
  return problems.length === 0 ? parsed : { problems };
}
