/**
 * The part of the WebAssembly JavaScript interface that the engine uses. Neither ECMAScript's library nor Node's types declare
 * it, and those of the DOM are too much to ask of a program for.
 */

export interface WasmMemory {
  readonly buffer: ArrayBuffer
  readonly grow: (pages: number) => number
}

export interface WasmGlobal {
  value: number
}

export interface WasmInstance {
  readonly exports: { readonly [name: string]: unknown }
}

interface Runtime {
  readonly Memory: new(limits: { readonly initial: number; readonly maximum?: number }) => WasmMemory
  readonly Module: new(bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new(
    module: object,
    imports: { readonly [module: string]: { readonly [name: string]: unknown } }
  ) => WasmInstance
}

/** What the host has of it; none where WebAssembly is not allowed. */
export const runtime = (globalThis as { readonly WebAssembly?: Runtime }).WebAssembly
