/**
 * `wengert/laws`: the algebra of differentiation as properties, to be checked on programs of your own.
 */
export * as Laws from "./laws.ts"
