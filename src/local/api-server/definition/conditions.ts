// What a definition's status says: whether its names are free, whether its kind is served, whether it goes.
import type { Registry } from '../registry.ts';
import type { Condition, Definition, DefinitionStatus, Names } from './definition.ts';

/** The status of a definition, given what is served besides it; the old one itself where nothing changes. */
export function statusOf(
  definition: Definition,
  old: DefinitionStatus,
  { registry, time }: { readonly registry: Registry; readonly time: string },
): DefinitionStatus {
  const conflict = conflictOf(definition, registry);
  const conditions = [...(old.conditions ?? [])];
  const isEstablished = conditions.some(({ type, status }) => type === 'Established' && status === 'True');
  set(conditions, {
    type: 'NamesAccepted',
    status: conflict ? 'False' : 'True',
    lastTransitionTime: time,
    reason: conflict?.reason ?? 'NoConflicts',
    message: conflict?.message ?? 'no conflicts found',
  });
  if (!isEstablished) {
    set(conditions, {
      type: 'Established',
      status: conflict ? 'False' : 'True',
      lastTransitionTime: time,
      reason: conflict ? 'NotAccepted' : 'InitialNamesAccepted',
      message: conflict ? 'not all names are accepted' : 'the initial names have been accepted',
    });
  }
  return {
    ...old,
    conditions,
    acceptedNames: conflict ? refused(definition.names, old.acceptedNames) : definition.names,
  };
}

/** A condition that keeps its time while it says the same. */
function set(conditions: Condition[], wanted: Condition): void {
  const index = conditions.findIndex(condition => condition.type === wanted.type);
  const present = conditions[index];
  if (!present) conditions.push(wanted);
  else if (present.status !== wanted.status || present.reason !== wanted.reason || present.message !== wanted.message) {
    conditions[index] =
      present.status === wanted.status ? { ...wanted, lastTransitionTime: present.lastTransitionTime } : wanted;
  }
}

/** The plural is the definition's alone; a kind that is taken is not accepted. */
function refused(names: Names, accepted: Names): Names {
  return { ...accepted, plural: names.plural };
}

interface Conflict {
  readonly reason: string;
  readonly message: string;
}

/** The last name of the definition that another one of its group has. */
function conflictOf({ group, names }: Definition, registry: Registry): Conflict | undefined {
  const others = registry.resources().filter(resource => resource.group === group && resource.plural !== names.plural);
  const kinds = new Set(others.flatMap(({ kind, listKind }) => [kind, listKind]));
  const words = new Set(others.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]));
  const inUse = (reason: string, name: string): Conflict => ({
    reason,
    message: `${JSON.stringify(name)} is already in use`,
  });
  if (words.has(names.plural)) return inUse('PluralConflict', names.plural);
  if (names.listKind && kinds.has(names.listKind)) return inUse('ListKindConflict', names.listKind);
  if (kinds.has(names.kind)) return inUse('KindConflict', names.kind);
  if (names.singular && words.has(names.singular)) return inUse('SingularConflict', names.singular);
  const short = names.shortNames?.find(name => words.has(name));
  return short === undefined ? undefined : inUse('ShortNamesConflict', short);
}
