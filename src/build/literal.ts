// Texts of users in places that Kubernetes reads: values of variables, and arguments of containers.

/**
 * The text that Kubernetes turns back into this one. It makes `$` of `$$`, and puts the value of a variable for `$(NAME)`; a `$` before
 * anything else stays as it is.
 */
export function literal(text: string): string {
  return text.replace(/\$+(?=\()|\${2,}/g, dollars => dollars.repeat(2));
}
