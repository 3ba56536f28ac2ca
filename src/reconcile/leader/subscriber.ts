// How the source graph calls who listens: a Function for what it watches, and each of its build images by its place.

/** Nothing in a namespace or a name. */
const separator = ' ';

/** A build image of a Function as a subscriber; the Function itself is one under its own key. */
export function subscriberOf(functionKey: string, image: number): string {
  return `${functionKey}${separator}${image}`;
}

/** The Function that listens, and which of its build images it is about; absent: what it watches. */
export function readSubscriber(subscriber: string): { readonly key: string; readonly image?: number } {
  const [key = '', image] = subscriber.split(separator);
  return image === undefined ? { key } : { key, image: Number(image) };
}
