/**
 * WebAssembly modules: functions are written statement by statement, and a module is the bytes of all of them.
 */
import { Bytes } from "./bytes.ts"
import type { Code, I32, Statement, ValueType } from "./code.ts"
import { i32, typeCode } from "./code.ts"

/** A variable of a function: an expression that reads it, and a statement that writes it. */
export interface Local<T extends ValueType = ValueType> extends Code<T> {
  readonly set: (value: Code<T>) => void
}

/** A function that can be called. */
export interface Callee {
  readonly index: number
  readonly result: ValueType | undefined
}

/** The body of a function under construction. */
export class FunctionWriter {
  readonly #params: ReadonlyArray<ValueType>
  readonly #locals: Array<ValueType> = []
  /** Constants, computed once, ahead of everything else. */
  readonly #prologue = new Bytes()
  readonly #hoisted = new Map<string, Code>()
  readonly #body = new Bytes()
  readonly params: ReadonlyArray<Local>

  constructor(params: ReadonlyArray<ValueType>) {
    this.#params = params
    this.params = params.map((type, i) => this.#local(type, i))
  }

  #local<T extends ValueType>(type: T, index: number): Local<T> {
    return {
      type,
      write: (out) => {
        out.byte(0x20)
        out.unsigned(index)
      },
      set: (value) => {
        value.write(this.#body)
        this.#body.byte(0x21)
        this.#body.unsigned(index)
      }
    }
  }

  /** A parameter that is an int32, as addresses and counts are. */
  integer(index: number): Local<"i32"> {
    // the caller says so; a module with a wrong type does not validate
    return this.params[index] as Local<"i32">
  }

  /** A new variable. */
  local<T extends ValueType>(type: T): Local<T> {
    return this.#local(type, this.#params.length + this.#locals.push(type) - 1)
  }

  /** The value of an expression, computed here and kept. */
  let<T extends ValueType>(value: Code<T>): Local<T> {
    const local = this.local(value.type)
    local.set(value)
    return local
  }

  /** A constant, computed ahead of all loops: V8 does not take them out of loops by itself. */
  hoist<T extends ValueType>(key: string, value: Code<T>): Code<T> {
    // a key stands for one value
    const known = this.#hoisted.get(key) as Code<T> | undefined
    if (known !== undefined) return known
    const local = this.local(value.type)
    value.write(this.#prologue)
    this.#prologue.byte(0x21)
    this.#prologue.unsigned(this.#params.length + this.#locals.length - 1)
    this.#hoisted.set(key, local)
    return local
  }

  do(statement: Statement): void {
    statement(this.#body)
  }

  /** A call whose result, if there is one, is dropped. */
  call({ index, result }: Callee, ...args: ReadonlyArray<Code>): void {
    for (const arg of args) arg.write(this.#body)
    this.#body.byte(0x10)
    this.#body.unsigned(index)
    if (result !== undefined) this.#body.byte(0x1a)
  }

  /** Zeros. */
  fill(address: I32, bytes: number): void {
    for (const operand of [address, i32.const(0), i32.const(bytes)]) operand.write(this.#body)
    this.#body.append([0xfc, 0x0b, 0x00])
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    condition.write(this.#body)
    this.#body.byte(0x04)
    this.#body.byte(0x40)
    then()
    if (otherwise !== undefined) {
      this.#body.byte(0x05)
      otherwise()
    }
    this.#body.byte(0x0b)
  }

  /** A body that runs at least once, and again as long as the condition, read after it, holds. */
  repeat(body: () => I32): void {
    this.#body.byte(0x03)
    this.#body.byte(0x40)
    body().write(this.#body)
    this.#body.byte(0x0d)
    this.#body.unsigned(0)
    this.#body.byte(0x0b)
  }

  /** A body that runs as long as the condition, read ahead of it, holds. */
  while(condition: I32, body: () => void): void {
    this.if(condition, () => {
      this.repeat(() => {
        body()
        return condition
      })
    })
  }

  /** A body for `i` from `from` up to `to`, without it. */
  for(from: I32, to: I32, step: number, body: (i: Local<"i32">) => void): void {
    const i = this.let(from)
    this.while(i32.ltS(i, to), () => {
      body(i)
      i.set(i32.add(i, i32.const(step)))
    })
  }

  return(value?: Code): void {
    value?.write(this.#body)
    this.#body.byte(0x0f)
  }

  /** The code entry (§5.5.13). */
  bytes(): Bytes {
    const out = new Bytes()
    const runs: Array<readonly [count: number, type: ValueType]> = []
    for (const type of this.#locals) {
      const last = runs.at(-1)
      if (last?.[1] === type) runs[runs.length - 1] = [last[0] + 1, type]
      else runs.push([1, type])
    }
    out.unsigned(runs.length)
    for (const [count, type] of runs) {
      out.unsigned(count)
      out.byte(typeCode[type])
    }
    out.append(this.#prologue.view())
    out.append(this.#body.view())
    out.byte(0x0b)
    return out
  }
}

/** A global variable of the module, an int32. The module exports it under its name. */
export interface Global extends I32 {
  readonly name: string
  readonly set: (value: I32) => Statement
}

/** A result of a call. */
export const callOf = <T extends ValueType>({ index }: Callee, type: T, ...args: ReadonlyArray<Code>): Code<T> => ({
  type,
  write: (out) => {
    for (const arg of args) arg.write(out)
    out.byte(0x10)
    out.unsigned(index)
  }
})

interface Imported {
  readonly name: string
  readonly type: number
}

/** A module under construction. It imports its memory, and whatever functions it calls outside. */
export class ModuleWriter {
  readonly #types = new Map<string, number>()
  readonly #imports: Array<Imported> = []
  readonly #functions: Array<{ readonly type: number; readonly code: Bytes }> = []
  readonly #known = new Map<string, Callee>()
  readonly #exports: Array<readonly [name: string, index: number]> = []
  #globals = 0

  #type(params: ReadonlyArray<ValueType>, result: ValueType | undefined): number {
    const key = `${params.join()}:${result ?? ""}`
    let type = this.#types.get(key)
    if (type === undefined) this.#types.set(key, type = this.#types.size)
    return type
  }

  /** A function from outside. All imports come before all functions. */
  import(name: string, params: ReadonlyArray<ValueType>, result?: ValueType): Callee {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    if (this.#functions.length > 0) throw new Error(`the import ${name} comes after a function`)
    const callee = { index: this.#imports.push({ name, type: this.#type(params, result) }) - 1, result }
    this.#known.set(name, callee)
    return callee
  }

  /** A function. One with a key is written once, however often it is asked for. */
  function(
    params: ReadonlyArray<ValueType>,
    result: ValueType | undefined,
    write: (f: FunctionWriter) => void,
    key?: string
  ): Callee {
    const known = key === undefined ? undefined : this.#known.get(key)
    if (known !== undefined) return known
    const f = new FunctionWriter(params)
    write(f)
    const type = this.#type(params, result)
    const callee = { index: this.#imports.length + this.#functions.push({ type, code: f.bytes() }) - 1, result }
    if (key !== undefined) this.#known.set(key, callee)
    return callee
  }

  export(name: string, { index }: Callee): void {
    this.#exports.push([name, index])
  }

  global(): Global {
    const index = this.#globals++
    return {
      type: "i32",
      name: `global ${index}`,
      write: (out) => {
        out.byte(0x23)
        out.unsigned(index)
      },
      set: (value) => (out) => {
        value.write(out)
        out.byte(0x24)
        out.unsigned(index)
      }
    }
  }

  /** The module (§5.5). */
  bytes(): Uint8Array<ArrayBuffer> {
    const out = new Bytes()
    out.append([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
    const section = (id: number, count: number, write: (section: Bytes) => void): void => {
      const content = new Bytes()
      content.unsigned(count)
      write(content)
      out.byte(id)
      out.sized(content)
    }
    section(1, this.#types.size, (s) => {
      for (const key of this.#types.keys()) {
        const [params, result] = key.split(":").map((side) => side === "" ? [] : side.split(",")) as Array<
          Array<ValueType>
        >
        s.byte(0x60)
        for (const side of [params!, result!]) {
          s.unsigned(side.length)
          for (const type of side) s.byte(typeCode[type])
        }
      }
    })
    section(2, this.#imports.length + 1, (s) => {
      s.name("engine")
      s.name("memory")
      s.append([0x02, 0x00, 0x00])
      for (const { name, type } of this.#imports) {
        s.name("engine")
        s.name(name)
        s.byte(0x00)
        s.unsigned(type)
      }
    })
    section(3, this.#functions.length, (s) => {
      for (const { type } of this.#functions) s.unsigned(type)
    })
    section(6, this.#globals, (s) => {
      for (let i = 0; i < this.#globals; i++) s.append([typeCode.i32, 0x01, 0x41, 0x00, 0x0b])
    })
    section(7, this.#exports.length + this.#globals, (s) => {
      for (let i = 0; i < this.#globals; i++) {
        s.name(`global ${i}`)
        s.byte(0x03)
        s.unsigned(i)
      }
      for (const [name, index] of this.#exports) {
        s.name(name)
        s.byte(0x00)
        s.unsigned(index)
      }
    })
    section(10, this.#functions.length, (s) => {
      for (const { code } of this.#functions) s.sized(code)
    })
    return new Uint8Array(out.view())
  }
}
