// The rules for names, labels and annotations, in the API server's own words.
import type { Cause } from '../status.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const isSubdomain = new RegExp(`^${subdomain}$`);
const isLabel = new RegExp(`^${label}$`);
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const isQualified = new RegExp(`^${qualified}$`);
const isLabelValue = new RegExp(`^(${qualified})?$`);

const subdomainText = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const labelText = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
const qualifiedText = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualified}')`;
const valueText = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${qualified})?')`;

/** Which rule an object's name keeps to. */
export type NameRule = 'subdomain' | 'label' | 'segment';

/** What is wrong with a name; a `prefix` may end in a dash, since more follows. */
export function nameFaults(name: string, field: string, rule: NameRule): readonly Cause[] {
  const isPrefix = field.endsWith('generateName');
  const checked = isPrefix ? name.replace(/-$/, 'a') : name;
  return faultTexts(checked, rule).map(text => invalidValue(name, text, field));
}

function faultTexts(name: string, rule: NameRule): readonly string[] {
  if (rule === 'segment') return /^\.{1,2}$|[/%]/.test(name) ? ['it must not be a path'] : [];
  const [limit, pattern, text] =
    rule === 'label' ? ([63, isLabel, labelText] as const) : ([253, isSubdomain, subdomainText] as const);
  return [
    ...(name.length > limit ? [`must be no more than ${limit} characters`] : []),
    ...(pattern.test(name) ? [] : [text]),
  ];
}

/** What is wrong with labels. */
export function labelFaults(labels: Readonly<Record<string, string>>): readonly Cause[] {
  const field = 'metadata.labels';
  return Object.entries(labels).flatMap(([key, value]) => [
    ...keyFaults(key, field),
    ...(value.length > 63 ? [invalidValue(value, 'must be no more than 63 characters', field)] : []),
    ...(isLabelValue.test(value) ? [] : [invalidValue(value, valueText, field)]),
  ]);
}

const maxAnnotationBytes = 256 * 1024;

/** What is wrong with annotations. */
export function annotationFaults(annotations: Readonly<Record<string, string>>): readonly Cause[] {
  const field = 'metadata.annotations';
  const entries = Object.entries(annotations);
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  const tooLong = {
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
    field,
  };
  // Keys may have capitals in their domain, unlike those of labels.
  return [
    ...entries.flatMap(([key]) => keyFaults(key.toLowerCase(), field, key)),
    ...(bytes > maxAnnotationBytes ? [tooLong] : []),
  ];
}

function keyFaults(key: string, field: string, shown = key): readonly Cause[] {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const texts: string[] = [];
  if (parts.length > 2)
    texts.push(
      `a qualified name ${qualifiedText.replace('name part ', '')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    );
  else if (parts.length === 2 && parts[0] === '') texts.push('prefix part must be non-empty');
  else if (parts.length === 2)
    texts.push(...faultTexts(parts[0] ?? '', 'subdomain').map(text => `prefix part ${text}`));
  if (name === '') texts.push('name part must be non-empty');
  else if (name.length > 63) texts.push('name part must be no more than 63 characters');
  if (!isQualified.test(name)) texts.push(qualifiedText);
  return texts.map(text => invalidValue(shown, text, field));
}

/** A value that its field cannot have. */
export function invalidValue(value: unknown, why: string, field: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}`, field };
}
