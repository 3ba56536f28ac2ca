// What the local runner says of an image that it packed without building: whoever reads the status of a build should know.

/** Beginning of the message of such a run. */
const packed = 'packed, not built';

/** The note beside a good end, if its message is one. */
export function packedNote(message: string): { note?: string } {
  return message.startsWith(packed) ? { note: message } : {};
}
