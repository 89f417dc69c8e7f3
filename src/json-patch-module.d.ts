declare module 'json-patch' {
  const jsonPatch: { apply(document: unknown, patch: readonly object[]): unknown }
  export default jsonPatch
}
