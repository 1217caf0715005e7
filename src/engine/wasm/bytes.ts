/**
 * A growing array of bytes, with the integer encodings of the WebAssembly binary format (core specification, §5.2).
 */
export class Bytes {
  #data = new Uint8Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#data.length) return
    const larger = new Uint8Array(Math.max(2 * this.#data.length, this.#length + count))
    larger.set(this.#data.subarray(0, this.#length))
    this.#data = larger
  }

  byte(value: number): void {
    if (this.#length === this.#data.length) this.#reserve(1)
    this.#data[this.#length++] = value
  }

  append(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length)
    this.#data.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** LEB128 of a whole number from 0 to 2³² − 1. */
  unsigned(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80)
      rest = Math.floor(rest / 128)
    }
    this.byte(rest)
  }

  /** Signed LEB128 of an int32. */
  signed(value: number): void {
    let rest = value | 0
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>= 7
    }
    this.byte(rest & 0x7f)
  }

  /** Signed LEB128 of an int64. */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value)
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.byte(Number(rest & 0x7fn))
  }

  /** UTF-8, with its length in front. */
  name(text: string): void {
    const encoded = new TextEncoder().encode(text)
    this.unsigned(encoded.length)
    this.append(encoded)
  }

  /** What was written, with its length in front. */
  sized(bytes: Bytes): void {
    this.unsigned(bytes.length)
    this.append(bytes.view())
  }

  /** What was written. Valid until more is. */
  view(): Uint8Array {
    return this.#data.subarray(0, this.#length)
  }
}
