// Texts of users in a run: Tekton puts them into arguments and variables, and then Kubernetes reads those. They arrive as they were written.
import { literal } from './literal.ts';

/** A variable of a step. */
export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: object;
}

/** What Tekton takes for a reference of its own, such as `$(params.image)`: it knows no way to write that as a text. */
const tektonReference = /\$\([a-z]+[.[]/;

/** Holds a dollar sign: Kubernetes puts it before what would be a reference. */
const dollar = { name: 'REVFLOW_DOLLAR', value: '$' };

const reference = 'REVFLOW_VALUE_';

interface ValueRef {
  readonly source: 'configMapKeyRef' | 'secretKeyRef';
  readonly name: string;
  readonly key: string;
  /** The text around the value, which stands in it as a placeholder; absent or empty: the value alone. */
  readonly format?: string | undefined;
}

/** Writes texts, and collects the variables that they need. */
export class Texts {
  readonly #refs: Variable[] = [];
  #needsDollar = false;

  /** What Kubernetes turns back into this text after Tekton has found nothing in it. */
  plain(text: string): string {
    return tektonReference.test(text) ? this.#guarded(text) : literal(text);
  }

  /** A value of a ConfigMap or a Secret; only the container learns it. */
  ref({ source, name, key, format }: ValueRef): string {
    const variable = { name: `${reference}${this.#refs.length + 1}`, valueFrom: { [source]: { name, key } } };
    this.#refs.push(variable);
    const placeholder = source === 'secretKeyRef' ? '${SECRET_VALUE}' : '${CONFIGMAP_VALUE}';
    const parts = (format || placeholder).split(placeholder);
    return parts.map(part => this.#guarded(part)).join(`$(${variable.name})`);
  }

  /** A text around a placeholder that somebody else replaces with a reference to a variable. */
  around(text: string, placeholder: string): string {
    return text
      .split(placeholder)
      .map(part => this.#guarded(part))
      .join(placeholder);
  }

  /** Variables that the steps must have. */
  get variables(): readonly Variable[] {
    return [...(this.#needsDollar ? [dollar] : []), ...this.#refs];
  }

  #guarded(text: string): string {
    const safe = text.replace(/\$(\()?/g, (_, open: string | undefined) => (open ? `$(${dollar.name})(` : '$$'));
    this.#needsDollar ||= safe.includes(`$(${dollar.name})`);
    return safe;
  }
}
