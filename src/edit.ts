export { type Operation, PatchError, patched } from './json-patch.ts'
export { keysOf, type Pointer, pointer, valueAt } from './pointer.ts'
export type {
  AliasNode,
  DocumentError,
  Json,
  MapEntry,
  MapNode,
  Node,
  ParsedDocument,
  ParsedText,
  ScalarNode,
  SequenceItem,
  SequenceNode,
  Span,
} from './read/tree.ts'
export { parse, positionAt, spanAt } from './read/yaml.ts'
export { applied, type Edited, EditRefused, edit, type Patch, type RefusalCode, type TextEdit } from './write/edit.ts'
