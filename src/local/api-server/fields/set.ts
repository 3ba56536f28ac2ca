// A set of fields as a tree: which steps are members here, and the sets below other steps. Never changed once made.
import { isJson, type Json } from '../object.ts';
import { normalElement } from './element.ts';

/** The fields that a manager owns; steps are written as in `managedFields` (`f:name`, `k:{…}`, `v:…`, `i:0`). */
export class FieldSet {
  readonly members: ReadonlySet<string>;
  readonly children: ReadonlyMap<string, FieldSet>;

  constructor(members: ReadonlySet<string>, children: ReadonlyMap<string, FieldSet>) {
    this.members = members;
    this.children = children;
  }

  get empty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }

  child(element: string): FieldSet {
    return this.children.get(element) ?? noFields;
  }

  union(other: FieldSet): FieldSet {
    if (other.empty) return this;
    const set = new SetBuilder();
    for (const { members } of [this, other]) for (const member of members) set.add(member);
    for (const element of new Set([...this.children.keys(), ...other.children.keys()])) {
      set.below(element, this.child(element).union(other.child(element)));
    }
    return set.build();
  }

  /** Without the other's members; what stands below them stays. */
  difference(other: FieldSet): FieldSet {
    const set = new SetBuilder();
    for (const member of this.members) if (!other.members.has(member)) set.add(member);
    for (const [element, child] of this.children) set.below(element, child.difference(other.child(element)));
    return set.build();
  }

  /** Without the other's members and all that stands below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    const set = new SetBuilder();
    for (const member of this.members) if (!other.members.has(member)) set.add(member);
    for (const [element, child] of this.children) {
      if (!other.members.has(element)) set.below(element, child.recursiveDifference(other.child(element)));
    }
    return set.build();
  }

  intersection(other: FieldSet): FieldSet {
    const set = new SetBuilder();
    for (const member of this.members) if (other.members.has(member)) set.add(member);
    for (const [element, child] of this.children) set.below(element, child.intersection(other.child(element)));
    return set.build();
  }

  /** The path of every member, those nearer the root first. */
  *paths(): Generator<readonly string[]> {
    for (const member of [...this.members].toSorted()) yield [member];
    for (const element of [...this.children.keys()].toSorted()) {
      for (const path of this.child(element).paths()) yield [element, ...path];
    }
  }

  /** The form of `fieldsV1`. */
  toJson(): Json {
    const json: Json = {};
    const elements = new Set([...this.members, ...this.children.keys()]);
    for (const element of [...elements].toSorted()) {
      const below = this.child(element).toJson();
      json[element] = this.members.has(element) && Object.keys(below).length > 0 ? { '.': {}, ...below } : below;
    }
    return json;
  }
}

/** Collects members and children of one set. */
export class SetBuilder {
  readonly #members = new Set<string>();
  readonly #children = new Map<string, FieldSet>();

  add(element: string): void {
    this.#members.add(element);
  }

  /** Puts a set below an element, in the place of an earlier one; an empty one is nothing. */
  below(element: string, child: FieldSet): void {
    if (!child.empty) this.#children.set(element, child);
  }

  build(): FieldSet {
    return new FieldSet(this.#members, this.#children);
  }
}

export const noFields = new FieldSet(new Set(), new Map());

/** Reads `fieldsV1`. Throws SyntaxError for what is none. */
export function parseFields(fields: unknown): FieldSet {
  if (!isJson(fields)) throw new SyntaxError('fieldsV1 is no object');
  const set = new SetBuilder();
  for (const [text, below] of Object.entries(fields)) {
    if (text === '.') continue;
    const element = normalElement(text);
    const child = parseFields(below);
    if (child.empty || (isJson(below) && Object.hasOwn(below, '.'))) set.add(element);
    set.below(element, child);
  }
  return set.build();
}

/** The set of these paths of names. */
export function fieldsAt(...paths: readonly (readonly string[])[]): FieldSet {
  let all = noFields;
  for (const path of paths) {
    const steps = path.map(name => `f:${name}`);
    const last = steps.pop();
    if (last === undefined) continue;
    let set = new FieldSet(new Set([last]), new Map());
    for (const step of steps.toReversed()) set = new FieldSet(new Set(), new Map([[step, set]]));
    all = all.union(set);
  }
  return all;
}
