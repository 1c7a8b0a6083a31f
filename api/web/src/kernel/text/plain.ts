/** Escape sequences of terminals (ECMA-48): CSI, OSC and friends with their string, two-character ones, and C1 in one byte. */
const ESCAPES =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;
/** Control characters that move a cursor, and those that turn the direction of text so that it reads as something else. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g;

/** What a program printed, as text that obeys nothing: escapes are dropped, a line written over keeps its last state. */
export function plain(text: string): string {
  return text
    .replace(ESCAPES, '')
    .replaceAll('\r\n', '\n')
    .replace(/^[^\n]*\r(?=[^\n])/gm, '')
    .replace(CONTROLS, '')
    .replace(DIRECTIONS, shown);
}

/** A command that a person decides about: nothing is dropped, what cannot be seen is written out. */
export function exact(text: string): string {
  return text.replace(CONTROLS, shown).replace(DIRECTIONS, shown);
}

function shown(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
