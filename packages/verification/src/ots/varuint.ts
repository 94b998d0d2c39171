/** Numbers as the proof format writes them: unsigned LEB128, seven bits a byte, the low ones first. @module */

/** The shortest form. `value` is a safe integer from 0. */
export function encodeVaruint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  // Division, not shifts: these are 32 bits wide.
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Uint8Array.of(...bytes, rest);
}
