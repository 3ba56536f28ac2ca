// Whether the registry that an image is pushed to has a valid certificate: the watch may say that it has none, and so may a parameter.
import type { BuildParam } from '../function/schema-build.ts';
import type { BuildOrder } from './backend.ts';

/** OpenFunction's two names of the same parameter: a list, and one text with commas. */
const names: ReadonlySet<string> = new Set(['registries-insecure', 'registry-insecure']);

/** True where nothing is verified. A value that only a ConfigMap or a Secret knows says nothing here. */
export function isInsecure({ builder, insecureRegistry }: BuildOrder): boolean {
  if (insecureRegistry === true) return true;
  const [host = '', rest] = builder.spec.image.split('/', 2);
  if (rest === undefined) return false;
  const params = (builder.spec.shipwright?.params ?? []).filter(param => param !== null && names.has(param.name));
  return params.flatMap(textsOf).some(text => text.split(',').some(each => each.trim() === host));
}

function textsOf({ value = '', values = [] }: BuildParam): readonly string[] {
  return [value, ...values.map(each => each.value ?? '')];
}
